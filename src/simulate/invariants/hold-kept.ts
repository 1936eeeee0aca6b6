/**
 * 7 (the middle of it) … a hold survives restarts …
 *
 * A hold stays until `resume`: no state that a process is told may lack it, and nothing but the command of a person who
 * asked for just that takes away one that has not run out. Tellings may be late (a slow disk, a process asleep), so only
 * a process that began after the hold, or has heard other things since, is held to it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Checker, EventOf } from '../events.ts';
import { enter, type Held, inForce, lifts } from './held.ts';
import type { Past } from './past.ts';
import { NEVER } from './told.ts';

/** When a resume was ordered, by station and service. */
interface Orders {
  readonly resumes: Map<string, number>;
  calm: boolean;
}

/** An order is carried out within this, ms. */
const ORDER_MS = 600_000;
/** What a process is told of the state may be so old, ms: two calls of a slow disk. */
const LATE_MS = 5000;

export function createHoldKept(past: Past): Checker {
  const holds = new Map<string, Held>();
  const orders: Orders = { resumes: new Map(), calm: false };
  return {
    invariant: 7,
    sentence: 'A hold wins, survives restarts, and the real state stays visible beside it.',
    see(event) {
      if (event.kind === 'happening' || event.kind === 'calm') ordered(orders, event);
      if (event.kind === 'told-state') return forgotten(past, holds, event);
      if (event.kind !== 'commit') return null;
      const found = lifted(past, holds, orders, event);
      enter(holds, event, past.seq);
      return found;
    },
  };
}

function ordered(orders: Orders, event: EventOf<'happening'> | EventOf<'calm'>): void {
  if (event.kind === 'calm') orders.calm = true;
  else if (event.happening.kind === 'resume' && !event.over)
    orders.resumes.set(`${event.happening.station} ${event.happening.service}`, event.at);
}

/** Whether a person has asked for it: nobody tells what is ordered in the calm. */
function isAsked({ resumes, calm }: Orders, key: string, { by, at }: EventOf<'commit'>): boolean {
  return by.program === 'resume' && (calm || at - (resumes.get(key) ?? NEVER) < ORDER_MS);
}

function lifted(
  past: Past,
  holds: ReadonlyMap<string, Held>,
  orders: Orders,
  event: EventOf<'commit'>,
): string | null {
  const { process, program, station } = event.by;
  for (const change of event.changes) {
    if (change.kind !== 'resume') continue;
    const key = `${station} ${change.service}`;
    const held = holds.get(key);
    if (held === undefined || !lifts(change, held.hold)) continue;
    if (isAsked(orders, key, event) || !inForce(held, event.wall)) continue;
    if (!past.faults.clockUnsure(station, event.at))
      return `${process} (${program}) lifted the hold of ${held.hold.owner} on ${change.service}, which had not run out`;
  }
  return null;
}

function forgotten(
  past: Past,
  holds: ReadonlyMap<string, Held>,
  event: EventOf<'told-state'>,
): string | null {
  const { state, by, at } = event;
  const held = holds.get(`${by.station} ${state.service}`);
  if (held === undefined || isDeepStrictEqual(state.hold, held.hold)) return null;
  const { process } = by;
  const late = held.at > at - LATE_MS;
  const knows = past.told.startedAt(process) > held.at || past.told.heardBefore(process, at - 1) > held.at;
  return late || !knows
    ? null
    : `${process} was told that ${state.service} is ${state.hold === null ? 'not held' : `held by ${state.hold.owner}`}, and ${held.hold.owner} has held it since`;
}
