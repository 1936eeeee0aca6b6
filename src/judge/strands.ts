/**
 * The samples of one site by strands: what one probe said in one family from one vantage, in the order of time. A cycle asks a
 * dozen things of hours of samples; they are walked once for this, and a strand mostly tells by its end.
 */
import type { Family, Sample } from '../model/sample.ts';

export interface Strand {
  readonly probe: string;
  readonly family: Family;
  readonly vantage: string;
  /** By start, not by arrival: re-probes overlap, and a hang is reported later than a success that began after it. */
  readonly samples: readonly Sample[];
}

interface Growing extends Strand {
  readonly samples: Sample[];
}

/** @returns what was measured of the site until then, ms since the epoch; in the order in which the strands begin */
export function strandsOf(samples: readonly Sample[], site: string, until: number): readonly Strand[] {
  const strands: Growing[] = [];
  for (const sample of samples) {
    if (sample.site !== site || sample.at > until) continue;
    strandFor(strands, sample).samples.push(sample);
  }
  // Mostly they are in order already; to see that costs little.
  for (const strand of strands) strand.samples.sort((a, b) => a.at - b.at);
  return strands;
}

function strandFor(strands: Growing[], sample: Sample): Growing {
  for (const strand of strands) if (isOf(strand, sample)) return strand;
  const { probe, family, vantage } = sample;
  const strand: Growing = { probe, family, vantage, samples: [] };
  strands.push(strand);
  return strand;
}

function isOf(strand: Strand, { probe, family, vantage }: Sample): boolean {
  return strand.probe === probe && strand.family === family && strand.vantage === vantage;
}

/** @returns `at` of the newest sample that is `ok` so; -Infinity for none */
export function lastOf(strands: readonly Strand[], ok: boolean): number {
  let last = -Infinity;
  for (const { samples } of strands) {
    const newest = samples.findLast(sample => sample.ok === ok);
    if (newest !== undefined) last = Math.max(last, newest.at);
  }
  return last;
}

/** @returns `at` of the first success after then; Infinity for none */
export function firstOkAfter(strands: readonly Strand[], then: number): number {
  let first = Infinity;
  for (const { samples } of strands) {
    const next = samples.find(({ ok, at }) => ok && at > then);
    if (next !== undefined) first = Math.min(first, next.at);
  }
  return first;
}
