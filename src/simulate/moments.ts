/**
 * Moments that single faults would hardly ever bring about together: what befalls a plan between being drafted and being
 * carried out. A person thinks for a while, a proposal waits for minutes, and meanwhile the target is locked, its data
 * grows old, somebody edits the plan, the config or the zone. Only the gate stands there.
 */
import type { Service } from '../model/service.ts';
import { approval, type Scene } from './scene.ts';
import type { Cast, Happening } from './script.ts';
import { EDITS } from './tamper.ts';

const S = 1000;
const MIN = 60 * S;

/** @returns happenings from `scene.at` on, within an hour of it */
export function drawMoment(scene: Scene): readonly Happening[] {
  const proposing = scene.cast.settings.services.filter(service => proposes(scene.cast, service));
  const [one] = proposing;
  if (one === undefined)
    return scene.dice.pick([oneProbeInV6, twoHolds, secondThoughts, secondThoughts, secondThoughts])(scene);
  const service = scene.dice.pick(proposing);
  return scene.dice.pick([editedPlan, editedPlan, keptOut, turnedTarget])(scene, service);
}

/** Whether an unreachable site of it waits for a person. */
function proposes({ settings: { mode } }: Cast, service: Service): boolean {
  return mode === 'propose' || (mode === 'act' && service.policy.UNREACHABLE === 'propose');
}

function fails(service: Service, site: string, at: number, forMs: number): Happening {
  return { kind: 'site-fails', at, service: service.name, site, how: 'refused', forMs };
}

function first(service: Service): string {
  return service.sites[0]?.name ?? '';
}

/** At the station that runs something: there the proposal waits. */
function person({ cast }: Scene) {
  return { station: cast.stations[0]?.name ?? '', operator: 'alice' };
}

function edit(scene: Scene, service: Service, at: number, row: string): readonly Happening[] {
  const { station } = person(scene);
  return [
    { kind: 'tamper', at, station, service: service.name, row },
    approval(service.name, at + S, person(scene)),
  ];
}

/** Somebody edits what waits, again and again, and each time it is approved; at last when nothing is wrong any more. */
function editedPlan(scene: Scene, service: Service): readonly Happening[] {
  const { dice, at } = scene;
  const rows = Object.keys(EDITS);
  const edits = [6, 12, 24].flatMap(minute => edit(scene, service, at + minute * MIN, dice.pick(rows)));
  const approve = approval(service.name, at + 31 * MIN, person(scene));
  return [fails(service, first(service), at, 30 * MIN), ...edits, approve];
}

/** After a failover the new site fails as well, and the plan that waits is edited to go back to the first. */
function keptOut(scene: Scene, service: Service): readonly Happening[] {
  const { at } = scene;
  const [home, away, third] = service.sites.map(site => site.name);
  if (home === undefined || away === undefined || third === undefined) return editedPlan(scene, service);
  const approve = (minute: number) => approval(service.name, at + minute * MIN, person(scene));
  return [
    fails(service, home, at, 16 * MIN),
    approve(9),
    approve(14),
    fails(service, away, at + 18 * MIN, 40 * MIN),
    ...edit(scene, service, at + 28 * MIN, 'quarantine'),
    ...edit(scene, service, at + 36 * MIN, 'quarantine'),
  ];
}

/** The standby turns bad just before the approval, too late for a new look of the program's own. */
function turnedTarget(scene: Scene, service: Service): readonly Happening[] {
  const { at } = scene;
  const approvedAt = at + 13 * MIN;
  const approve = approval(service.name, approvedAt, person(scene));
  const turns = service.sites.slice(1).flatMap(site => turn(scene, service, site.name, approvedAt));
  return [fails(service, first(service), at, 30 * MIN), ...turns, approve];
}

/** @param at when it must have turned */
function turn({ dice }: Scene, service: Service, name: string, at: number): readonly Happening[] {
  const site = service.sites.find(entry => entry.name === name);
  const forMs = 10 * MIN;
  const box = site?.server ?? '';
  const how = dice.pick(['lock', 'lock', 'fails', 'link'] as const);
  if (how === 'lock') return [{ kind: 'lock', at: at - S, box, families: ['v4', 'v6'], forMs }];
  if (how === 'fails') return [fails(service, name, at - S, forMs)];
  const lagMs = site?.maxLagMs ?? MIN;
  return [{ kind: 'link-lost', at: at - lagMs + S, service: service.name, site: name, forMs: forMs + lagMs }];
}

/** What a person was shown is not what they say yes to twenty seconds later. */
function secondThoughts(scene: Scene): readonly Happening[] {
  const { dice, at, cast } = scene;
  const service = dice.pick(cast.settings.services);
  const to = dice.pick(service.sites.slice(1)).name;
  const move = dice.pick(['failover', 'switchover'] as const);
  const name = service.name;
  const meanwhile = at + dice.int(2, 18) * S;
  const order: Happening = { kind: 'order', at, service: name, move, to, overrides: [], ...person(scene) };
  const bob = { station: person(scene).station, operator: 'bob' };
  const others: readonly (readonly Happening[])[] = [
    turn(scene, service, to, meanwhile),
    turn(scene, service, to, meanwhile),
    [{ kind: 'order', at: meanwhile, service: name, move, to: null, overrides: [], ...bob }],
    [{ kind: 'hold', at: meanwhile, service: name, ...bob, forMs: 10 * MIN }],
    [{ kind: 'config', at: at - S, station: bob.station, service: name, change: 'record' }],
    [{ kind: 'foreign-record', at: meanwhile, service: name, value: '192.0.2.99' }],
    [{ kind: 'foreign-claim', at: meanwhile, service: name, busyMs: 5 * MIN }],
    [{ kind: 'rollback', at: meanwhile, toAgoMs: 10 * MIN }],
  ];
  return [order, ...dice.pick(others)];
}

/** Firewalls that were written for IPv4 alone: one port of several is closed in IPv6. */
function oneProbeInV6({ dice, at, cast }: Scene): readonly Happening[] {
  const wide = cast.settings.services.filter(({ probes, sites }) => {
    const both = sites[0]?.addresses.v6 !== undefined;
    return both && probes.filter(probe => probe.required).length > 1;
  });
  return wide.flatMap(service => {
    const probe = dice.pick(service.probes.filter(entry => entry.required)).id;
    const site = first(service);
    const how = 'refused';
    const families = ['v6'] as const;
    return [{ kind: 'probe-fails', at, service: service.name, site, probe, how, families, forMs: 20 * MIN }];
  });
}

/** What one person lifts is theirs: the hold of another service stays. */
function twoHolds(scene: Scene): readonly Happening[] {
  const [one, other] = scene.cast.settings.services;
  if (one === undefined || other === undefined) return [];
  const { at } = scene;
  const bob = { ...person(scene), operator: 'bob' };
  return [
    { kind: 'hold', at, service: one.name, ...person(scene) },
    { kind: 'hold', at: at + S, service: other.name, ...bob, forMs: 60 * MIN },
    { kind: 'resume', at: at + 2 * MIN, service: one.name, ...person(scene) },
  ];
}
