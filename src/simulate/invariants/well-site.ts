/**
 * 5 (what it comes to) … a site that is well is not fenced.
 *
 * When an automatic run writes down that it is about to fence, the site must not have been well for a while, seen from where
 * nobody is blind, with a station whose own network is up: whatever was seen before, looking again would have shown it. A
 * decision and the intent that follows may lie half a minute apart, and some more on a slow disk.
 */
import type { Checker, EventOf, Truth } from '../events.ts';
import type { Past, PastRun } from './past.ts';

/** What a verdict may be old when a run begins on it, and some, ms. */
const LATELY_MS = 40_000;
/** The site is taken to have been well all the while when it was at so many instants. */
const INSTANTS = 8;

export function createWellSite(past: Past): Checker {
  return {
    invariant: 5,
    sentence: 'One blind observer never triggers: own network proven up, and quorum where witnesses exist.',
    see: (event, truth) => (event.kind === 'commit' ? look(past, event, truth) : null),
  };
}

function look(past: Past, event: EventOf<'commit'>, truth: Truth): string | null {
  for (const change of event.changes) {
    if (change.kind !== 'journal' || change.entry.event !== 'intent' || change.entry.kind !== 'fence')
      continue;
    const run = past.runs.get(change.entry.run);
    if (run?.first.automatic !== true || run.plan?.kind !== 'failover') continue;
    const { station, process } = event.by;
    const spanMs = LATELY_MS + past.faults.slack(station, event.at) + 10 * past.roll.cast.latencyMs;
    if (!isWell(past, run, station, event.at, spanMs, truth)) continue;
    return `${process} is about to fence ${run.plan.from} of ${run.first.service} for run ${run.first.id}, which has been well for ${Math.round(spanMs / 1000)} s`;
  }
  return null;
}

function isWell(
  past: Past,
  { first, plan }: PastRun,
  station: string,
  at: number,
  spanMs: number,
  truth: Truth,
): boolean {
  const essential = past.roll.service(first.service)?.essential ?? [];
  const instants = Array.from({ length: INSTANTS + 1 }, (_, step) => at - (spanMs * step) / INSTANTS);
  return essential.every(
    family =>
      truth.isOnline(station, family) &&
      instants.every(instant => truth.answeredAt(first.service, plan?.from ?? '', family, instant)),
  );
}
