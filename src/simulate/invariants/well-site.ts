/**
 * 5 (what it comes to) … a site that is well is not fenced.
 *
 * When an automatic run cuts a site off, the site must not have been well for a while: whatever was seen before, looking again
 * would have shown it, or that our own network is down. A decision and the deed that follows may lie half a minute
 * apart, and some more on a slow disk.
 */
import type { Checker, Event, Truth } from '../events.ts';
import type { Past, PastRun } from './past.ts';

/** What a verdict may be old when a run begins on it, and some, ms. */
const LATELY_MS = 40_000;
/** The site is taken to have been well all the while when it was at so many instants. */
const INSTANTS = 8;

export function createWellSite(past: Past): Checker {
  return {
    invariant: 5,
    sentence: 'One blind observer never triggers: own network proven up, and quorum where witnesses exist.',
    see: (event, truth) => look(past, event, truth),
  };
}

function look(past: Past, event: Event, truth: Truth): string | null {
  const run = fencing(past, event);
  if (run?.first.automatic !== true || run.plan?.kind !== 'failover' || !('by' in event) || event.by === null)
    return null;
  const { station, process } = event.by;
  // Asked for again and again within its step it is one and the same deed.
  const at = past.intent(process, run.first.id)?.at ?? event.at;
  const spanMs = LATELY_MS + past.faults.slack(station, at) + 10 * past.roll.cast.latencyMs;
  // It slept within the very call: nothing could have told it.
  if (past.told.heardBefore(process, at) < at - spanMs || !isWell(past, run, at, spanMs, truth)) return null;
  return `${process} fences ${run.plan.from} of ${run.first.service} for run ${run.first.id}, which has been well for ${Math.round(spanMs / 1000)} s`;
}

/** @returns the run for which a site is being cut off; a lock and a wait do nothing to it */
function fencing(past: Past, event: Event): PastRun | null {
  if (event.kind === 'power-asked' && event.power === 'off') {
    const intent = past.fenceIntent(event.by.process, event);
    return intent === null ? null : (past.runs.get(intent.entry.run) ?? null);
  }
  return event.kind === 'command' && event.command === 'fence' && event.run !== null
    ? past.runOf(event.run)
    : null;
}

function isWell(past: Past, { first, plan }: PastRun, at: number, spanMs: number, truth: Truth): boolean {
  const essential = past.roll.service(first.service)?.essential ?? [];
  const instants = Array.from({ length: INSTANTS + 1 }, (_, step) => at - (spanMs * step) / INSTANTS);
  return essential.every(family =>
    instants.every(instant => truth.answeredAt(first.service, plan?.from ?? '', family, instant)),
  );
}
