/**
 * A night of episodes: the active site of one service fails again and again, and each time a few things go wrong in the very
 * steps that are to help: a hold is put on, a process dies, an API loses a reply, the old machine comes back. Between two
 * episodes a person tidies up. Where faults that fall at random meet a run once in hours, here every one does.
 */
import { FAMILIES } from '../model/sample.ts';
import { STEP_KINDS, type StepKind } from '../model/plan.ts';
import type { Service } from '../model/service.ts';
import type { Dice } from './dice.ts';
import { DRAWS } from './draws.ts';
import { person, type Scene } from './scene.ts';
import { drawSnare } from './snares.ts';
import type { Aim, Armed, Cast, Happening, HappeningKind } from './script.ts';

const S = 1000;
const MIN = 60 * S;
/** First all is well for a while, so that there is a past. */
const QUIET_MS = 8 * MIN;

/** What is drawn to go wrong in the middle of a run, and how often. */
const MEDDLING: Readonly<Partial<Record<HappeningKind, number>>> = {
  api: 8,
  command: 6,
  crash: 5,
  hold: 4,
  sleep: 3,
  order: 3,
  lock: 2,
  'box-on': 2,
  'box-off': 1,
  'site-fails': 2,
  'link-lost': 1,
  blind: 2,
  disk: 3,
  clear: 2,
  resume: 1,
  ack: 1,
  config: 1,
  rollback: 1,
  'clock-jumps': 1,
  'foreign-record': 1,
  'foreign-claim': 2,
};
const MEDDLERS = Object.entries(MEDDLING).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as HappeningKind),
);
/** The steps of a failover in which there is most to lose; the others come by way of `run`. */
const WORST: readonly StepKind[] = [
  'fence',
  'fence',
  'promote',
  'promote',
  'check',
  'flip',
  'flip',
  'verify',
];
const DELAYS_MS = [0, 0, 1, S, 3 * S, 10 * S, 45 * S];

/** @returns the happenings of the one service's night, in the order of time */
export function drawEpisodes(dice: Dice, cast: Cast, lengthMs: number): readonly Happening[] {
  const [service] = cast.settings.services;
  if (service === undefined) return [];
  // Swarm testing: each night has its own few kinds of meddling, so that rare ones meet each other.
  const kinds = MEDDLERS.filter(() => dice.chance(0.4));
  const meddlers = kinds.length === 0 ? MEDDLERS : kinds;
  const happenings: Happening[] = [];
  for (let number = 0, at = QUIET_MS; at < lengthMs; number += 1) {
    const own = dice.child(`episode ${number}`);
    const trouble = drawTrouble(own, service, at);
    happenings.push(trouble, ...drawMeddling(own, cast, meddlers, at));
    if (own.chance(0.5)) happenings.push(...drawSnare({ dice: own.child('snare'), cast, service, at }));
    const over = at + ('forMs' in trouble ? (trouble.forMs ?? 0) : 0);
    const tidied = own.chance(0.7) ? over + MIN : at + own.int(1, 8) * MIN;
    happenings.push(...tidy({ dice: own, cast, at: tidied }, service));
    at = Math.max(at + 4 * MIN, nextAt(own, service, at, over));
  }
  return happenings.filter(happening => happening.at <= lengthMs).sort((a, b) => a.at - b.at);
}

/** About when the block window ends, when the trouble does, or at any time: a window that is counted wrong must show. */
function nextAt(dice: Dice, { blockWindowMs }: Service, at: number, over: number): number {
  const sometime = at + dice.int(4, 25) * MIN;
  return dice.pick([
    at + blockWindowMs + dice.int(-2 * MIN, 3 * MIN),
    over + dice.int(MIN, 5 * MIN),
    sometime,
  ]);
}

function drawTrouble(dice: Dice, service: Service, at: number): Happening {
  const aim: Aim = { service: service.name, role: 'active' };
  const site = { service: service.name, site: service.sites[0]?.name ?? '', aim };
  const box = { box: service.sites[0]?.server ?? '', aim };
  const forMs = dice.pick([MIN, 3 * MIN, 6 * MIN, 12 * MIN, 30 * MIN]);
  const families = dice.pick([FAMILIES, FAMILIES, ['v4'], ['v6']] as const);
  return dice.pick<Happening>([
    { kind: 'site-fails', at, ...site, how: dice.pick(['refused', 'hang', 'status'] as const), forMs },
    { kind: 'box-hangs', at, ...box, forMs },
    { kind: 'box-off', at, ...box, forMs },
    { kind: 'lock', at, ...box, families, forMs },
    { kind: 'cut', at, ...box, families, forMs },
  ]);
}

/** Up to three things, most of them in one and the same step. */
function drawMeddling(
  dice: Dice,
  cast: Cast,
  meddlers: readonly HappeningKind[],
  at: number,
): readonly Happening[] {
  const armed: Armed = { on: dice.chance(0.25) ? 'run' : dice.pick(WORST), afterMs: 0 };
  return Array.from({ length: dice.int(0, 3) }, (_, number) => number).flatMap(number => {
    const own = dice.child(`meddling ${number}`);
    const on = own.chance(0.7) ? armed.on : own.pick([...WORST, ...STEP_KINDS, 'run' as const]);
    const drawn = DRAWS[own.pick(meddlers)].draw({ dice: own, cast, at });
    const role = own.pick(['active', 'standby', null] as const);
    return drawn.map(happening => ({
      ...aimedAt(happening, cast, role),
      armed: { on, afterMs: own.pick(DELAYS_MS), ...(own.chance(0.8) ? { here: true as const } : {}) },
    }));
  });
}

function aimedAt(happening: Happening, cast: Cast, role: Aim['role'] | null): Happening {
  const service = cast.settings.services[0]?.name;
  const hasPlace = 'site' in happening || 'box' in happening;
  return hasPlace && role !== null && service !== undefined
    ? { ...happening, aim: { service, role } }
    : happening;
}

/** Mostly somebody brings the old site home; sometimes more than once, and now and then the block window is lifted. */
function tidy(scene: Scene, { name: service }: Service): readonly Happening[] {
  const { dice, at } = scene;
  if (dice.chance(0.1)) return [];
  const again: Happening[] = dice.chance(0.3) ? [{ kind: 'look-in', at: at + 2 * MIN }] : [];
  const ack: Happening[] = dice.chance(0.3) ? [{ kind: 'ack', at: at + S, service, ...person(scene) }] : [];
  return [{ kind: 'look-in', at }, ...ack, ...again];
}
