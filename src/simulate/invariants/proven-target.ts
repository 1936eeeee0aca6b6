/**
 * 8 (at the last moment) Nobody is sent to a standby that is not well, or has not taken over.
 *
 * When a change of the zone by us moves a service (a claim does not), every required probe of every family that is to be
 * published must have passed at the target since the run first wrote down that it would check it, as told to that station;
 * and where the plan promotes, the target must have taken writes since the run first wrote down that it would promote it. A
 * check command that lied is an excuse: no program could know better.
 */
import { type Checker, type Event, type EventOf, type Truth, isMove } from '../events.ts';
import type { Past, PastRun } from './past.ts';
import { NEVER } from './told.ts';

export function createProvenTarget(past: Past): Checker {
  /** When a site was last seen to take writes, at the moments that matter here. */
  const wroteAt = new Map<string, number>();
  return {
    invariant: 8,
    sentence: 'No stale or unhealthy standby is promoted except by a named, one-shot, audited override.',
    see(event, truth) {
      if (event.kind === 'promoted') wroteAt.set(`${event.service} ${event.site}`, event.at);
      if (event.kind === 'commit') beganToPromote(past, wroteAt, event, truth);
      return event.kind === 'zone' && event.by !== null && isMove(event)
        ? look(past, wroteAt, event, truth)
        : null;
    },
  };
}

/** It may be promoted already: by a run before that failed later on. */
function beganToPromote(past: Past, wroteAt: Map<string, number>, event: Event, truth: Truth): void {
  if (event.kind !== 'commit') return;
  for (const change of event.changes) {
    if (change.kind !== 'journal' || change.entry.kind !== 'promote' || change.entry.event !== 'intent')
      continue;
    const { first } = past.runs.get(change.entry.run) ?? {};
    if (first !== undefined && truth.takesWrites(first.service, first.to))
      wroteAt.set(`${first.service} ${first.to}`, event.at);
  }
}

function look(
  past: Past,
  wroteAt: ReadonlyMap<string, number>,
  event: EventOf<'zone'>,
  truth: Truth,
): string | null {
  const run = past.runOf(event.epochAfter?.owner ?? '');
  const plan = run?.plan ?? null;
  if (run === null || plan === null || plan.from === plan.to) return null;
  const what = `${event.by?.process ?? '?'} moved ${plan.service} to ${plan.to} for run ${run.first.id}`;
  const found = unchecked(past, run) ?? unpromoted(past, wroteAt, run, truth);
  return found === null ? null : `${what}, and ${found}`;
}

function unchecked(past: Past, { first, plan, by }: PastRun): string | null {
  const intent = past.firstIntent(first.id, 'check');
  if (intent === null) return 'had not checked it';
  const published = plan?.steps.flatMap(step => (step.kind === 'verify' ? step.families : [])) ?? [];
  for (const { id, required, families } of past.roll.service(first.service)?.probes ?? [])
    for (const family of families.filter(one => required && published.includes(one))) {
      const okAt = past.streaks.of(by.station, first.service, first.to, id, family)?.okAt ?? NEVER;
      if (okAt < intent.at) return `${id} ${family} had not passed there since it was to be checked`;
    }
  return null;
}

function unpromoted(
  past: Past,
  wroteAt: ReadonlyMap<string, number>,
  { first, plan }: PastRun,
  truth: Truth,
): string | null {
  if (plan?.steps.some(step => step.kind === 'promote') !== true) return null;
  const intent = past.firstIntent(first.id, 'promote');
  if (intent === null) return 'had not promoted it';
  const last = truth.takesWrites(first.service, first.to)
    ? truth.now
    : (wroteAt.get(`${first.service} ${first.to}`) ?? NEVER);
  const lied = past.faults.liedSince(first.service, first.to, 'promote-check', intent.at);
  return last >= intent.at || lied ? null : 'it had not taken writes since it was to be promoted';
}
