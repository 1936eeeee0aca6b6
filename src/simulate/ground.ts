/** Where a snare is laid, and the happenings that snares are made of: each aimed at whichever site has the role by then. */
import type { Service } from '../model/service.ts';
import type { Dice } from './dice.ts';
import type { Aim, ApiFault, Armed, Cast, CommandFault, CommandName, Happening } from './script.ts';

export const S = 1000;
export const MIN = 60 * S;

export interface Ground {
  readonly dice: Dice;
  readonly cast: Cast;
  readonly service: Service;
  /** When the trouble of the episode begins, ms since the beginning. */
  readonly at: number;
}

export function unarmed({ armed: _armed, ...rest }: Happening, at: number): Happening {
  return { ...rest, at };
}

export function someStation({ dice, cast }: Ground): string {
  return dice.pick(cast.stations).name;
}

export function hosterOf({ service }: Ground): string {
  return service.sites[0]?.provider ?? '';
}

export function failing(
  { service, at }: Ground,
  role: Aim['role'] = 'active',
): Extract<Happening, { kind: 'site-fails' }> {
  const aim: Aim = { service: service.name, role };
  const site = service.sites[role === 'active' ? 0 : 1]?.name ?? '';
  return { kind: 'site-fails', at, service: service.name, site, aim, how: 'refused' };
}

export function onBox({ service, at }: Ground, role: Aim['role']) {
  return { at, box: service.sites[0]?.server ?? '', aim: { service: service.name, role } };
}

/** Whatever the trouble of the active site was: what ends takes what was there before with it. Over a second later. */
export function wellAgain(ground: Ground, armed: Armed): readonly Happening[] {
  const box = { ...onBox(ground, 'active'), forMs: S, armed };
  const families = ['v4', 'v6'] as const;
  return [
    { ...failing(ground), forMs: S, armed },
    { kind: 'cut', ...box, families },
    { kind: 'lock', ...box, families },
    { kind: 'box-hangs', ...box },
    { kind: 'box-on', ...onBox(ground, 'active'), armed },
  ];
}

export function api({ at }: Ground, name: string, how: ApiFault, forMs: number, armed: Armed): Happening {
  return { kind: 'api', at, api: name, how, writesOnly: true, forMs, armed };
}

export function command(
  { service, at }: Ground,
  name: CommandName,
  how: CommandFault,
  role: Aim['role'],
  armed: Armed,
  forMs = 5 * MIN,
): Happening {
  const site = service.sites[0]?.name ?? '';
  const aim = { service: service.name, role };
  return { kind: 'command', at, service: service.name, site, aim, command: name, how, forMs, armed };
}

export function hold(ground: Ground, on: Armed['on'], afterMs: number): Happening {
  const { dice, service, at } = ground;
  const ends = dice.chance(0.5) ? { forMs: 8 * MIN } : {};
  const armed = { on, afterMs, here: true } as const;
  return {
    kind: 'hold',
    at,
    station: someStation(ground),
    operator: 'alice',
    service: service.name,
    ...ends,
    armed,
  };
}

export function crash(ground: Ground, { on, afterMs }: Armed): Extract<Happening, { kind: 'crash' }> {
  const { dice, at } = ground;
  const when = dice.pick(['before', 'after'] as const);
  const calls = dice.pick([1, 2, 4, 8, 16]);
  return { kind: 'crash', at, station: someStation(ground), calls, when, armed: { on, afterMs, here: true } };
}

/** Whoever is at work there falls asleep at its so-many-th call from then on. */
export function sleep(ground: Ground, calls: number, forMs: number, { on, afterMs }: Armed): Happening {
  const armed = { on, afterMs, here: true } as const;
  return { kind: 'sleep', at: ground.at, station: someStation(ground), calls, forMs, armed };
}

export function order(
  ground: Ground,
  on: Armed['on'],
  afterMs: number,
  move: 'failover' | 'switchover' = 'failover',
): Happening {
  const { service, at } = ground;
  const who = { station: someStation(ground), operator: 'bob', service: service.name };
  return { kind: 'order', at, ...who, move, to: null, overrides: [], armed: { on, afterMs, here: true } };
}
