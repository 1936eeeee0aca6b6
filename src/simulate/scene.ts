/** Where a happening is drawn, and what most draws need: some service, some site, some person, some span of time. */
import type { Service, Site } from '../model/service.ts';
import type { Dice } from './dice.ts';
import type { Cast, Happening } from './script.ts';

export interface Scene {
  readonly dice: Dice;
  readonly cast: Cast;
  readonly at: number;
}

export interface Draw {
  readonly weight: number;
  draw(scene: Scene): readonly Happening[];
}

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;

/** From a hiccup to half a night. */
export function span(dice: Dice): { readonly forMs: number } {
  return { forMs: dice.pick([10 * S, 40 * S, 2 * MIN, 2 * MIN, 10 * MIN, 10 * MIN, HOUR]) };
}

export function aService({ dice, cast }: Scene): Service {
  return dice.pick(cast.settings.services);
}

/** Mostly the one that is active in the beginning. */
export function aSite(scene: Scene): {
  readonly service: string;
  readonly site: string;
  readonly its: Site;
  readonly of: Service;
} {
  const of = aService(scene);
  const [home] = of.sites;
  const its = home !== undefined && scene.dice.chance(0.6) ? home : scene.dice.pick(of.sites);
  return { service: of.name, site: its.name, its, of };
}

export function person({ dice, cast }: Scene): { readonly station: string; readonly operator: string } {
  return { station: dice.pick(cast.stations).name, operator: dice.pick(['alice', 'bob']) };
}

/** Whoever says yes in a drawn night means it, whatever the mode. */
export function approval(service: string, at: number, who: ReturnType<typeof person>): Happening {
  return { kind: 'approve', overrides: ['mode-act'], at, service, ...who };
}

export function station({ dice, cast }: Scene): { readonly station: string } {
  return { station: dice.pick(cast.stations).name };
}
