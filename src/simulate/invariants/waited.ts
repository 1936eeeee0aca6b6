/**
 * 1 (where several installations watch over one service) At most one site is active and unfenced …
 *
 * Who takes the epoch from another installation's run that is still under way has stopped its next deed, not the one that it is
 * at. So nothing is done at any site from there until the longest deed of the other, as its claim says, must be over: by true
 * time, with room for a clock that drifts. Counted from when the change was asked for: one that an API makes minutes later, when
 * the run that asked is over, nobody can wait for.
 */
import type { Checker, EventOf } from '../events.ts';
import { type Effect, effectInWords } from './effects.ts';
import type { Past } from './past.ts';

interface Wait {
  /** The one that supersedes. */
  readonly station: string;
  readonly since: number;
  readonly until: number;
}

/** They are tied to the epoch; what the other is at, is at a site. */
const OF_THE_ZONE: ReadonlySet<Effect['what']> = new Set(['zone', 'claim', 'give-back']);

/** Of the time that a drifting clock measures. */
const DRIFT = 0.98;

export function createWaited(past: Past): Checker {
  const waits = new Map<string, Wait>();
  return {
    invariant: 1,
    sentence: 'At most one site is active and unfenced at any time a plan of ours brought about.',
    see(event) {
      const found = past.effect === null ? null : tooSoon(waits, past.effect);
      if (event.kind === 'zone') superseded(past, waits, event);
      return found;
    },
  };
}

function superseded(past: Past, waits: Map<string, Wait>, event: EventOf<'zone'>): void {
  const { service, by, askedAt, epochBefore, epochAfter } = event;
  if (service === null || by === null || epochBefore?.claim === undefined) return;
  if (epochAfter?.owner === epochBefore.owner) return;
  if (past.runOf(epochBefore.owner)?.by.station === by.station) return;
  const until = askedAt + epochBefore.claim.stepS * 1000 * DRIFT;
  waits.set(service, { station: by.station, since: askedAt, until });
}

function tooSoon(waits: ReadonlyMap<string, Wait>, effect: Effect): string | null {
  const wait = waits.get(effect.service);
  if (wait === undefined || OF_THE_ZONE.has(effect.what)) return null;
  const { askedAt, by } = effect;
  if (by.station !== wait.station || askedAt < wait.since || askedAt >= wait.until) return null;
  const seconds = Math.round((askedAt - wait.since) / 1000);
  return `${effectInWords(effect)}, ${seconds} s after another installation's run was superseded, whose last deed may be at work for ${Math.round((wait.until - askedAt) / 1000)} s more`;
}
