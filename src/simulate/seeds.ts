/** Runs many seeds one after the other: what came of each, how often what occurred, how fast it went. */
import { type Coverage, createCoverage, merge } from './coverage.ts';
import { generate } from './generate.ts';
import { runScript, type Violation } from './run.ts';

export interface SeedsOptions {
  readonly from: number;
  readonly count: number;
  /** Length of the phase of faults of each seed. */
  readonly hours: number;
  readonly stopAtFirst?: boolean;
  /** Called after each seed. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly violations: number;
  readonly simulatedMs: number;
}

export interface SeedViolation extends Violation {
  readonly seed: number;
}

export interface SeedsReport {
  readonly from: number;
  /** Seeds that were run. */
  readonly seeds: number;
  readonly hours: number;
  readonly violations: readonly SeedViolation[];
  readonly coverage: Coverage;
  /** Faults and calm of all of them, ms. */
  readonly simulatedMs: number;
  /** The longest that any calm took to come to rest, ms. */
  readonly longestCalmMs: number;
}

export async function runSeeds(options: SeedsOptions): Promise<SeedsReport> {
  const { from, count, hours } = options;
  const coverage = createCoverage();
  const violations: SeedViolation[] = [];
  let [simulatedMs, longestCalmMs, done] = [0, 0, 0];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await runScript(generate(seed, hours));
    done += 1;
    simulatedMs += outcome.simulatedMs;
    longestCalmMs = Math.max(longestCalmMs, outcome.restedAfterMs ?? 0);
    merge(coverage, outcome.coverage);
    violations.push(...outcome.violations.map(violation => ({ seed, ...violation })));
    options.onProgress?.({ done, of: count, violations: violations.length, simulatedMs });
    if (options.stopAtFirst === true && violations.length > 0) break;
  }
  return { from, seeds: done, hours, violations, coverage, simulatedMs, longestCalmMs };
}
