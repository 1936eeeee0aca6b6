/** Runs many seeds one after the other: what came of each, how often what occurred, how fast it went. */
import { calmBoundMs } from './calm.ts';
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
  /** Asked again and again: true ends it there; a seed that is not lived through yet is left out. */
  readonly isOver?: () => boolean;
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
  /** The most that any of them was allowed, ms. */
  readonly calmBoundMs: number;
}

/** @throws Error naming the seed at which the simulator itself failed */
export async function runSeeds(options: SeedsOptions): Promise<SeedsReport> {
  const { from, count, hours } = options;
  const coverage = createCoverage();
  const violations: SeedViolation[] = [];
  let [simulatedMs, longestCalmMs, boundMs, done] = [0, 0, 0, 0];
  for (let seed = from; seed < from + count; seed += 1) {
    if (options.isOver?.() === true) break;
    const { outcome, mostMs } = await runSeed(seed, hours, options.isOver);
    if (options.isOver?.() === true && outcome.violations.length === 0) break;
    done += 1;
    simulatedMs += outcome.simulatedMs;
    longestCalmMs = Math.max(longestCalmMs, outcome.restedAfterMs ?? 0);
    boundMs = Math.max(boundMs, mostMs);
    merge(coverage, outcome.coverage);
    violations.push(...outcome.violations.map(violation => ({ seed, ...violation })));
    options.onProgress?.({ done, of: count, violations: violations.length, simulatedMs });
    if (options.stopAtFirst === true && violations.length > 0) break;
  }
  return { from, seeds: done, hours, violations, coverage, simulatedMs, longestCalmMs, calmBoundMs: boundMs };
}

async function runSeed(seed: number, hours: number, isOver: () => boolean = () => false) {
  try {
    const script = generate(seed, hours);
    return {
      outcome: await runScript(script, { isOver }),
      mostMs: calmBoundMs(script.cast.settings.services),
    };
  } catch (thrown) {
    throw new Error(`the simulator failed at seed ${seed} of ${hours} h: ${String(thrown)}`, {
      cause: thrown,
    });
  }
}

/** @returns what several runs came to together, in whatever order they ended */
export function mergeReports(reports: readonly SeedsReport[]): SeedsReport {
  const coverage = createCoverage();
  for (const report of reports) merge(coverage, report.coverage);
  return {
    from: Math.min(...reports.map(report => report.from)),
    seeds: sum(reports.map(report => report.seeds)),
    hours: reports[0]?.hours ?? 0,
    violations: reports.flatMap(report => report.violations).sort((a, b) => a.seed - b.seed),
    coverage,
    simulatedMs: sum(reports.map(report => report.simulatedMs)),
    longestCalmMs: Math.max(0, ...reports.map(report => report.longestCalmMs)),
    calmBoundMs: Math.max(0, ...reports.map(report => report.calmBoundMs)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
