/**
 * 7 A hold wins … (the rest of the sentence: hold-kept.ts, hold-visible.ts)
 *
 * A deed of a run is wrong when a hold stood before the intent of its step was committed, by the station's wall clock of
 * that instant, human runs included, for longer than a read and a commit take; unless the process had heard nothing at all
 * since and so had no occasion to ask (it slept within one call). Within a step: when a flip that was surely refused is
 * tried again after the hold was set, or a power-off is asked for once more, or another part of a promotion begins after
 * the process was told of the hold. After a doubtful answer a flip may be tried again: that is how it is found out.
 */
import type { Checker, EventOf } from '../events.ts';
import { type Effect, effectInWords } from './effects.ts';
import { enter, type Held, inForce } from './held.ts';
import type { Past } from './past.ts';
import { NEVER } from './told.ts';

/** What a process has begun within a step, by process and run. */
interface Attempts {
  /** When it was last told that a change of the zone was surely not made. */
  readonly refusals: Map<string, number>;
  /** The part of a promotion that was begun last. */
  readonly parts: Map<string, { readonly part: string | null; readonly at: number }>;
  /** When a power-off was asked for last. */
  readonly powers: Map<string, number>;
}

export function createHold(past: Past): Checker {
  const holds = new Map<string, Held>();
  const tried: Attempts = { refusals: new Map(), parts: new Map(), powers: new Map() };
  return {
    invariant: 7,
    sentence: 'A hold wins, survives restarts, and the real state stays visible beside it.',
    see(event) {
      if (event.kind === 'commit') enter(holds, event, past.seq);
      if (event.kind === 'command') return nextPart(past, holds, tried, event);
      if (event.kind === 'told-swap') note(tried, event);
      if (past.effect === null) return null;
      const found = underHold(past, holds, tried, past.effect);
      const { what, by, token, askedAt } = past.effect;
      if (what === 'power-asked') tried.powers.set(`${by.process} ${token ?? ''}`, askedAt);
      return found;
    },
  };
}

/** After a doubt the next attempt is part of finding out: nothing is counted any more. */
function note({ refusals }: Attempts, { by, owner, outcome, at }: EventOf<'told-swap'>): void {
  const key = `${by.process} ${owner}`;
  refusals.set(key, outcome === 'refused' && refusals.get(key) !== Infinity ? at : Infinity);
}

function underHold(
  past: Past,
  holds: ReadonlyMap<string, Held>,
  tried: Attempts,
  effect: Effect,
): string | null {
  const { by, service, intent, askedAt, what: kind } = effect;
  // Nothing is switched by it: others need not wait for a run that is over.
  if (kind === 'give-back') return null;
  const held = holds.get(`${by.station} ${service}`);
  if (held === undefined || intent === null || !inForce(held, intent.wall)) return null;
  const what = `${effectInWords(effect)}, which ${held.hold.owner} holds`;
  const raceMs = past.faults.slack(by.station, askedAt) + 3 * past.roll.cast.latencyMs;
  if (held.seq < intent.seq) {
    const knew = intent.heardAt > held.at && intent.at - held.at > raceMs;
    return knew ? `${what}: set ${seconds(intent.at - held.at)} before the step` : null;
  }
  // A short one may have run out between two attempts of one step.
  if (!inForce(held, past.faults.wall(by.station, askedAt) ?? intent.wall)) return null;
  if (askedAt - held.at <= raceMs) return null;
  return isAgain(past, tried, effect, held.at, intent.at)
    ? `${what}: set ${seconds(askedAt - held.at)} before, and another attempt was made`
    : null;
}

/** Another attempt within the step, by one who had occasion to ask for a hold before it. */
function isAgain(past: Past, tried: Attempts, effect: Effect, heldAt: number, begunAt: number): boolean {
  const { by, askedAt, token, what } = effect;
  const key = `${by.process} ${token ?? ''}`;
  if (what === 'power-asked')
    return (tried.powers.get(key) ?? NEVER) >= begunAt && past.told.heardBefore(by.process, askedAt) > heldAt;
  const refusedAt = tried.refusals.get(key) ?? NEVER;
  return what === 'zone' && refusedAt > heldAt && refusedAt <= askedAt && refusedAt > begunAt;
}

/** A command of a run starts: the second part of a promotion is a deed of its own. */
function nextPart(
  past: Past,
  holds: ReadonlyMap<string, Held>,
  tried: Attempts,
  { by, service, site, command, part, run, at }: EventOf<'command'>,
): string | null {
  if (run === null || command !== 'promote') return null;
  const key = `${by.process} ${run}`;
  const before = tried.parts.get(key) ?? null;
  tried.parts.set(key, { part, at });
  const held = holds.get(`${by.station} ${service}`);
  const intent = past.intent(by.process, run);
  if (held === undefined || before === null || intent === null || before.at < intent.at) return null;
  const wall = past.faults.wall(by.station, at) ?? Number.NEGATIVE_INFINITY;
  const heard = past.told.state(by.process, service);
  const told = heard !== null && heard.seq > held.seq && heard.state.hold?.since === held.hold.since;
  // By a clock that was set since, it may have run out.
  if (held.hold.until !== null && past.faults.jumpedAt(by.station) >= held.at) return null;
  if (before.part === part || !inForce(held, wall) || held.at <= intent.at || !told) return null;
  return `${by.process} began ${part ?? 'a part'} of the promotion of ${site} (${service}) for run ${run} after it was told that ${held.hold.owner} holds it`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
