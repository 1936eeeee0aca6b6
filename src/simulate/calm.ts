/**
 * After the faults: everything is healed, a sane person does what only a person may do, and then the system must come to
 * rest by itself, every service served by just one site, with nothing open, owed, held or blocked (liveness).
 */
import type { Override } from '../model/plan.ts';
import type { Service } from '../model/service.ts';
import type { Run } from '../model/state.ts';
import { FAMILIES } from '../model/sample.ts';
import { formatEpoch } from '../model/epoch.ts';
import { end, isFate } from './fates.ts';
import type { HumanOrder } from './people.ts';
import type { Runners } from './runners.ts';
import type { Happening } from './script.ts';
import type { Station } from './station.ts';
import type { SiteState } from './world/sites.ts';
import { setPower } from './world/hoster.ts';
import { demote, type SimulatedWorld } from './world/world.ts';

const MIN = 60_000;
/** A person looks in so often, and sees whether all is at rest. */
export const ROUND_MS = 10 * MIN;

/** Ends everything that is still on, and sets the clocks right. What we did ourselves stays done. */
export function heal(world: SimulatedWorld, on: Iterable<Happening>, runners: Runners): void {
  for (const happening of on) if (isFate(happening)) end(world, happening);
  for (const station of world.stations.values()) {
    station.drift(0);
    station.jump(-station.aheadMs);
  }
  runners.relent();
}

/**
 * @returns how long the calm may last: block window, longest retry pause, the person's rounds, and the looks at which what
 * others have changed in the zone is read, judged and confirmed, ms
 */
export function calmBoundMs(services: readonly Service[]): number {
  const window = Math.max(...services.map(service => service.blockWindowMs));
  const interval = Math.max(...services.map(service => service.pace.intervalMs));
  return window + 2 * 60 * MIN + 6 * ROUND_MS + 3 * interval;
}

/** @returns why it is not at rest, in a sentence for each reason; none: it is */
export async function unrest(world: SimulatedWorld): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { service, sites } of world.services.values()) {
    found.push(...unsettled(world, service, sites));
    for (const station of world.stations.values())
      if (station.cast.runner !== null) found.push(...(await unfinished(world, station, service)));
  }
  for (const station of world.stations.values())
    for (const { name } of world.cast.settings.sinks) {
      const [owed] = await station.disk.outbox(name, 1);
      if (owed !== undefined && station.cast.runner !== null)
        found.push(`${station.name} still owes ${name} the notice "${owed.notice.text}"`);
    }
  return found;
}

function unsettled(world: SimulatedWorld, service: Service, sites: readonly SiteState[]): readonly string[] {
  const { name, dns } = service;
  const active = world.activeSite(service.name);
  if (active === undefined) return [`${name}: DNS names no site`];
  const found: string[] = [];
  const site = active.site.name;
  if (!service.stateless) {
    const writers = sites.filter(state => state.takesWrites && !state.isFenced);
    const names = writers.map(state => state.site.name).join(', ');
    if (writers.length !== 1 || writers[0] !== active)
      found.push(`${name}: ${site} is active and writes are taken by ${names === '' ? 'nobody' : names}`);
  }
  for (const family of FAMILIES) {
    const type = family === 'v4' ? 'A' : 'AAAA';
    for (const record of dns.records) {
      const values = world.zone.at(record, type)?.values.join() ?? '';
      const wanted = active.site.addresses[family] ?? '';
      if (values !== '' && values !== wanted)
        found.push(`${name}: ${record} ${type} is ${values}, not ${wanted}`);
    }
  }
  if (!service.essential.every(family => active.answers(family)))
    found.push(`${name}: ${site} does not answer`);
  if (world.served(name, site) < 1) found.push(`${name}: not everybody is led to ${site}`);
  return found;
}

async function unfinished(
  world: SimulatedWorld,
  { name, disk }: Station,
  service: Service,
): Promise<readonly string[]> {
  const state = await disk.service(service.name);
  const open = await disk.openRun(service.name);
  const found: string[] = [];
  const say = (what: string) => found.push(`${name}, ${service.name}: ${what}`);
  if (open !== null) say(`run ${open.id} is still open (${open.note ?? open.status})`);
  if (state.incident !== null) say(`incident ${state.incident.id} (${state.incident.class}) is still open`);
  if (state.hold !== null) say(`still held by ${state.hold.owner}`);
  for (const entry of state.quarantined) say(`${entry.site} is still in quarantine`);
  const verdict = state.lastVerdict?.class ?? 'none';
  if (verdict !== 'HEALTHY' && verdict !== 'WARNED') say(`the verdict is ${verdict}`);
  const active = world.epoch(service.name)?.active;
  if (active !== undefined && state.active !== active)
    say(`takes ${state.active} for active, DNS says ${active}`);
  return found;
}

/**
 * The person's round: old primaries are brought home as standbys and cleared, holds are lifted, what others did to the zone
 * is put right, plans that wait are approved, and a service that policy leaves down is moved by hand.
 * @param give carries out an order at its station
 */
export async function lookIn(
  world: SimulatedWorld,
  give: (order: HumanOrder) => void,
  round: number,
): Promise<void> {
  for (const { service, sites } of world.services.values()) {
    const active = mendZone(world, service, sites);
    const open = await openRuns(world, service);
    const wanted = new Set(open.map(run => run.to));
    // What a run is about to move to is left to it.
    for (const state of sites) if (state !== active && !wanted.has(state.site.name)) bringHome(world, state);
    if (active !== undefined && round > 0 && open.length === 0) {
      takeUp(world, service, active);
      if (world.cast.settings.mode === 'observe') restoreByHand(world, service, active);
    }
    for (const station of world.stations.values()) {
      if (station.cast.runner === null) continue;
      await order(give, station, service, active, round);
    }
  }
}

/** @returns the active site, in a zone that names one and holds no strange address */
function mendZone(
  world: SimulatedWorld,
  service: Service,
  sites: readonly SiteState[],
): SiteState | undefined {
  const { dns } = service;
  const text = world.zone.at(dns.epochName, 'TXT');
  const active = world.activeSite(service.name) ?? sites[0];
  const [record = ''] = dns.records;
  const a = world.zone.at(record, 'A');
  const address = active?.site.addresses.v4;
  const epoch = world.epoch(service.name);
  const foreign = epoch === null || !sites.some(({ site }) => site.name === epoch.active);
  if (text !== null && foreign && active !== undefined) {
    const mended = { epoch: (epoch?.epoch ?? 1000) + 1, active: active.site.name, owner: 'r-person' };
    world.zone.change(
      [{ action: 'UPSERT', set: { ...text, values: [`"${formatEpoch(mended)}"`] } }],
      world.now,
    );
  }
  const known = sites.some(({ site }) => site.addresses.v4 === a?.values[0]);
  if (a !== null && !known && address !== undefined)
    world.zone.change([{ action: 'UPSERT', set: { ...a, values: [address] } }], world.now);
  return active;
}

/**
 * In mode observe nothing is proposed that a person could approve, and a move to where the service is already is refused:
 * a family that came back after a failover that a person had ordered is published again in the zone itself.
 */
function restoreByHand(world: SimulatedWorld, { dns }: Service, active: SiteState): void {
  for (const family of FAMILIES) {
    const value = active.site.addresses[family];
    if (value === undefined || !active.answers(family)) continue;
    const type = family === 'v4' ? 'A' : 'AAAA';
    const missing = dns.records.filter(name => world.zone.at(name, type) === null);
    if (missing.length > 0)
      world.zone.change(
        missing.map(name => ({ action: 'UPSERT', set: { name, type, ttlS: dns.ttlS, values: [value] } })),
        world.now,
      );
  }
}

async function openRuns(world: SimulatedWorld, { name }: Service): Promise<readonly Run[]> {
  const found = await Promise.all([...world.stations.values()].map(({ disk }) => disk.openRun(name)));
  return found.filter(run => run !== null);
}

/**
 * The active site was demoted (it gave its own lease up, or a switchover from it was cut short) and nobody is about to take its
 * place: a person lets it take writes again, as the runs that leave it so tell them to.
 */
function takeUp(world: SimulatedWorld, service: Service, active: SiteState): void {
  const { name } = service;
  const { name: site } = active.site;
  if (service.stateless || active.role === 'primary') return;
  if (!service.essential.every(family => active.answers(family))) return;
  const parts = active.site.promote.map(part => part.name);
  world.change(
    () => {
      active.role = 'primary';
      for (const part of parts) active.parts.add(part);
    },
    { kind: 'promoted', service: name, site, by: null, run: null },
  );
}

/** Demoted first, powered on then: nobody sane does it the other way round. */
function bringHome(world: SimulatedWorld, state: SiteState): void {
  const { name: service } = state.service;
  const { name: site } = state.site;
  if (state.role === 'primary' && !state.service.stateless)
    world.change(() => demote(state), { kind: 'demoted', service, site, by: null, run: null });
  world.change(() => {
    state.isolated = false;
  });
  setPower(world, state.box, 'running', null);
}

async function order(
  give: (order: HumanOrder) => void,
  { name: station, disk }: Station,
  service: Service,
  active: SiteState | undefined,
  round: number,
): Promise<void> {
  const state = await disk.service(service.name);
  const person = { at: 0, station, operator: 'sane', service: service.name };
  if (state.hold !== null) give({ kind: 'resume', ...person });
  if (state.maxEpoch > state.epoch) give({ kind: 'accept-epoch', ...person });
  for (const { site } of state.quarantined) give({ kind: 'clear', ...person, site });
  if ((await disk.proposed(service.name)).length > 0)
    give({ kind: 'approve', ...person, overrides: ['mode-act'] });
  const down = active === undefined || !service.essential.every(family => active.answers(family));
  if (down && round >= 3 && (await disk.openRun(service.name)) === null)
    give({ kind: 'order', ...person, move: 'failover', to: null, overrides: overridesOf(round) });
}

/** First without losing anything; when no standby is fresh enough and the old site stays away, what there is has to do. */
function overridesOf(round: number): readonly Override[] {
  return round < 5 ? ['mode-act'] : ['mode-act', 'allow-data-loss'];
}
