/** What befalls the world: every kind of happening made so, and unmade. Closed: the compiler asks for each kind. */
import { formatEpoch } from '../model/epoch.ts';
import type { Family } from '../model/sample.ts';
import type { Happening, HappeningKind } from './script.ts';
import type { Box } from './world/sites.ts';
import { setPower } from './world/hoster.ts';
import { epochOf, type SimulatedWorld } from './world/world.ts';

/** The kinds that are not about programs: those are runner.ts's. */
export type FateKind = Exclude<
  HappeningKind,
  | 'crash'
  | 'sleep'
  | 'config'
  | 'tamper'
  | 'hold'
  | 'resume'
  | 'ack'
  | 'accept-epoch'
  | 'clear'
  | 'order'
  | 'approve'
  | 'look-in'
>;
export type Fate = Extract<Happening, { readonly kind: FateKind }>;

interface Handler<F extends Fate> {
  begin(world: SimulatedWorld, fate: F): void;
  /** Left out: there is nothing to undo. */
  end?(world: SimulatedWorld, fate: F): void;
}

/** The longest deed of a run that is somewhere else, s. */
const ELSEWHERE_STEP_S = 120;

const FATES: { readonly [K in FateKind]: Handler<Extract<Fate, { readonly kind: K }>> } = {
  'site-fails': {
    begin: (world, { service, site, how }) => ail(world, service, site, '*', how),
    end: (world, { service, site }) => ail(world, service, site, '*', null),
  },
  'probe-fails': {
    begin: (world, fate) => ailProbe(world, fate, fate.how),
    end: (world, fate) => ailProbe(world, fate, null),
  },
  'certificate-ends': {
    begin: (world, { service, site, inMs, at }) => {
      world.site(service, site).certificateEndsAt = world.trueDate(at + inMs);
    },
    end: (world, { service, site }) => {
      world.site(service, site).certificateEndsAt = null;
    },
  },
  'link-lost': {
    begin: (world, { service, site }) => link(world, service, site, true),
    end: (world, { service, site }) => link(world, service, site, false),
  },
  command: {
    begin: (world, { service, site, command, how }) =>
      void world.site(service, site).commandFaults.set(command, how),
    end: (world, { service, site, command }) => void world.site(service, site).commandFaults.delete(command),
  },
  'box-hangs': {
    begin: (world, { box }) => onBox(world, box, it => (it.hangs = true)),
    end: (world, { box }) => onBox(world, box, it => (it.hangs = false)),
  },
  'box-off': {
    begin: (world, { box }) => setPower(world, world.box(box), 'off', null),
    end: (world, { box }) => setPower(world, world.box(box), 'running', null),
  },
  'box-on': { begin: (world, { box }) => setPower(world, world.box(box), 'running', null) },
  lock: {
    begin: (world, { box, families }) => lock(world, box, families, true),
    end: (world, { box, families }) => lock(world, box, families, false),
  },
  cut: {
    begin: (world, { box, families }) => cut(world, box, families, true),
    end: (world, { box, families }) => cut(world, box, families, false),
  },
  api: {
    begin: (world, { api, how, writesOnly = false, laterMs }) =>
      void world.apiFaults.set(api, { how, writesOnly, ...(laterMs === undefined ? {} : { laterMs }) }),
    end: (world, { api }) => void world.apiFaults.delete(api),
  },
  rollback: {
    begin: (world, { toAgoMs }) => {
      const sets = world.zone.setsAt(world.now - toAgoMs);
      rewriteZone(world, () => world.zone.replace(sets, world.now));
    },
  },
  'foreign-record': {
    begin: (world, { service, value }) => {
      const name = world.service(service).dns.records[0] ?? '';
      const set = world.zone.at(name, 'A');
      if (set !== null) put(world, { ...set, values: [value] });
    },
  },
  'foreign-epoch': {
    begin: (world, { service, text }) => {
      const { epochName: name, ttlS } = world.service(service).dns;
      put(world, { name, type: 'TXT', ttlS, values: [`"${text}"`] });
    },
  },
  'foreign-claim': {
    begin: (world, { service, busyMs }) => {
      const { dns } = world.service(service);
      const now = world.epoch(service);
      // Who takes an epoch has read which site it names.
      if (now === null) return;
      const busyS = Math.ceil(busyMs / 1000);
      const text = formatEpoch({
        epoch: now.epoch + 1,
        active: now.active,
        owner: `r-elsewhere-${now.epoch + 1}`,
        claim: { busyS, stepS: Math.min(busyS, ELSEWHERE_STEP_S) },
      });
      put(world, { name: dns.epochName, type: 'TXT', ttlS: dns.ttlS, values: [`"${text}"`] });
    },
  },
  blind: {
    begin: (world, { station, families }) => see(world, station, families, false),
    end: (world, { station, families }) => see(world, station, families, true),
  },
  'clock-jumps': { begin: (world, { station, byMs }) => world.station(station).jump(byMs) },
  'clock-drifts': {
    begin: (world, { station, ppm }) => world.station(station).drift(ppm),
    end: (world, { station }) => world.station(station).drift(0),
  },
  disk: {
    begin: (world, { station, how }) => void (world.station(station).diskFault = how),
    end: (world, { station }) => void (world.station(station).diskFault = null),
  },
  sink: {
    begin: (world, { sink, how }) => void world.sinkFaults.set(sink, how),
    end: (world, { sink }) => void world.sinkFaults.delete(sink),
  },
};

export function isFate(happening: Happening): happening is Fate {
  return happening.kind in FATES;
}

export function begin(world: SimulatedWorld, fate: Fate): void {
  handlerOf(fate).begin(world, fate);
}

export function end(world: SimulatedWorld, fate: Fate): void {
  handlerOf(fate).end?.(world, fate);
}

function handlerOf<F extends Fate>(fate: F): Handler<F> {
  // Checked kind by kind above; the correlation through the lookup is more than TypeScript follows.
  return FATES[fate.kind] as unknown as Handler<F>;
}

function ail(
  world: SimulatedWorld,
  service: string,
  site: string,
  probe: string,
  how: 'refused' | 'hang' | 'status' | null,
): void {
  const state = world.site(service, site);
  world.change(() => {
    if (how === null) state.ailments.delete(probe);
    else state.ailments.set(probe, how);
  });
  world.watchLease(state);
}

function ailProbe(
  world: SimulatedWorld,
  { service, site, probe, families }: Extract<Fate, { readonly kind: 'probe-fails' }>,
  how: 'refused' | 'hang' | null,
): void {
  const names = families === undefined ? [probe] : families.map(family => `${probe}/${family}`);
  for (const name of names) ail(world, service, site, name, how);
}

function link(world: SimulatedWorld, service: string, site: string, lost: boolean): void {
  const state = world.site(service, site);
  world.change(() => (state.linkLost = lost));
}

function onBox(world: SimulatedWorld, id: string, change: (box: Box) => void): void {
  const box = world.box(id);
  world.change(() => change(box));
  for (const { sites } of world.services.values())
    for (const state of sites) if (state.box === box) world.watchLease(state);
}

function lock(world: SimulatedWorld, id: string, families: readonly Family[], locked: boolean): void {
  const changed = families.filter(family => world.box(id).locked[family] !== locked);
  onBox(world, id, box => {
    for (const family of changed) box.locked[family] = locked;
  });
  for (const family of changed) world.tell({ kind: 'locked', box: id, family, locked });
}

function cut(world: SimulatedWorld, id: string, families: readonly Family[], isCut: boolean): void {
  onBox(world, id, box => {
    for (const family of families) box.cut[family] = isCut;
  });
}

function see(world: SimulatedWorld, station: string, families: readonly Family[], online: boolean): void {
  for (const family of families) world.station(station).online[family] = online;
}

function put(
  world: SimulatedWorld,
  set: Parameters<SimulatedWorld['zone']['change']>[0][number]['set'],
): void {
  rewriteZone(world, () => world.zone.change([{ action: 'UPSERT', set }], world.now));
}

/** By somebody else than us: each service is told of what changed for it. */
function rewriteZone(world: SimulatedWorld, rewrite: () => unknown): void {
  const names = [...world.services.keys()];
  const before = new Map(names.map(name => [name, world.records(name)]));
  const epochs = new Map(
    names.map(name => [name, epochOf(world.zone.at(world.service(name).dns.epochName, 'TXT'))]),
  );
  rewrite();
  for (const service of names) {
    const was = before.get(service) ?? [];
    const is = world.records(service);
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    world.tell({
      kind: 'zone',
      service,
      before: was,
      after: is,
      epochBefore: epochs.get(service) ?? null,
      epochAfter: world.epoch(service),
      by: null,
      askedAt: world.now,
    });
  }
}
