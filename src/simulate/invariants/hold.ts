/**
 * 7 A hold wins, survives restarts … (the rest of the sentence: hold-visible.ts)
 *
 * A deed of a run is wrong when a hold stood before the intent of its step was committed, by the station's wall clock of
 * that instant, human runs included, for longer than a read and a commit take; unless the process had heard nothing at all
 * since and so had no occasion to ask (it slept within one call). Within a step: when another part of a promotion was
 * begun long after, longer than any single command may take. What a flip retries cannot be told from its first attempt
 * here, and the change may land a minute after it was asked for.
 *
 * A hold stays until `resume`: no state that a process is told may lack it, and nobody but a person takes away one that
 * has not run out. Tellings may be late (a slow disk, a process asleep), so only a process that began after the hold, or
 * has heard other things since, is held to it.
 */
import type { Hold } from '../../model/state.ts';
import type { Checker, EventOf } from '../events.ts';
import { type Effect, effectInWords } from './effects.ts';
import type { Past } from './past.ts';

interface Held {
  readonly hold: Hold;
  readonly at: number;
  readonly seq: number;
}

/** A state read and the commit built on it lie this far apart at most, ms: two calls of a slow disk. */
const RACE_MS = 5000;
/** No command may take so long. */
const COMMAND_MS = 60_000;

export function createHold(past: Past): Checker {
  const holds = new Map<string, Held>();
  return {
    invariant: 7,
    sentence: 'A hold wins, survives restarts, and the real state stays visible beside it.',
    see(event) {
      if (event.kind === 'commit') return commit(past, holds, event);
      if (event.kind === 'told-state') return forgotten(past, holds, event);
      return past.effect === null ? null : underHold(past, holds, past.effect);
    },
  };
}

function commit(past: Past, holds: Map<string, Held>, event: EventOf<'commit'>): string | null {
  let found: string | null = null;
  for (const change of event.changes) {
    if (change.kind === 'hold')
      holds.set(`${event.by.station} ${change.hold.service}`, {
        hold: change.hold,
        at: event.at,
        seq: past.seq,
      });
    if (change.kind !== 'resume') continue;
    const key = `${event.by.station} ${change.service}`;
    const held = holds.get(key);
    holds.delete(key);
    if (held === undefined || event.by.program === 'resume' || !inForce(held, event.wall)) continue;
    if (!past.faults.clockUnsure(event.by.station, event.at))
      found ??= `${event.by.process} (${event.by.program}) lifted the hold of ${held.hold.owner} on ${change.service}, which had not run out`;
  }
  return found;
}

function inForce({ hold }: Held, wall: number): boolean {
  return hold.until === null || hold.until > wall;
}

function forgotten(
  past: Past,
  holds: ReadonlyMap<string, Held>,
  event: EventOf<'told-state'>,
): string | null {
  const { state, by, at } = event;
  const held = holds.get(`${by.station} ${state.service}`);
  if (held === undefined || JSON.stringify(state.hold) === JSON.stringify(held.hold)) return null;
  const { process } = by;
  const late = held.at > at - RACE_MS;
  const knows = past.told.startedAt(process) > held.at || past.told.heardBefore(process, at - 1) > held.at;
  return late || !knows
    ? null
    : `${process} was told that ${state.service} is ${state.hold === null ? 'not held' : `held by ${state.hold.owner}`}, and ${held.hold.owner} has held it since`;
}

function underHold(past: Past, holds: ReadonlyMap<string, Held>, effect: Effect): string | null {
  const { by, service, intent, at } = effect;
  const held = holds.get(`${by.station} ${service}`);
  if (held === undefined || intent === null || !inForce(held, intent.wall)) return null;
  const what = `${effectInWords(effect)}, which ${held.hold.owner} holds`;
  if (held.seq < intent.seq) {
    const knew = intent.heardAt > held.at;
    return knew && intent.at - held.at > RACE_MS
      ? `${what}: set ${seconds(intent.at - held.at)} before the step`
      : null;
  }
  // What a zone or a hoster does may have been asked for long before.
  if (effect.what === 'zone' || effect.what === 'power-asked') return null;
  const asleep = past.told.heardBefore(by.process, at - 1000) <= held.at;
  return at - held.at <= COMMAND_MS || asleep
    ? null
    : `${what}: set ${seconds(at - held.at)} before, during the step`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
