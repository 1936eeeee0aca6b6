/**
 * The programs that run at a station: `tick`, `run`, and what people type. Each is the production code of that command
 * from its composition down; only the ports are simulated.
 */
import { createAnnouncer } from '../announce/announcer.ts';
import { createTeller } from '../announce/notices.ts';
import { deliverOutbox } from '../announce/outbox.ts';
import type { Settings } from '../model/service.ts';
import type { Ids } from '../ports/clock.ts';
import type { Outside } from '../ports/outside.ts';
import { about as route53 } from '../providers/route53/about.ts';
import type { Program } from '../reconcile/daemon.ts';
import { openWatches } from '../reconcile/open-watches.ts';
import type { World } from '../reconcile/world.ts';
import type { Dice } from './dice.ts';
import type { Process } from './process.ts';
import type { Station } from './station.ts';
import { createPromoter } from './world/commands.ts';
import { createDisk } from './world/disk.ts';
import { createDns } from './world/dns-wire.ts';
import { createNameServers, createProber } from './world/eyes.ts';
import { createHost } from './world/host-wire.ts';
import type { Hoster } from './world/hoster.ts';
import { createSinks } from './world/sinks.ts';
import type { SimulatedWorld } from './world/world.ts';

/** What all programs of one simulation share. */
export interface Stage {
  readonly world: SimulatedWorld;
  readonly hosters: ReadonlyMap<string, Hoster>;
  readonly dice: Dice;
  readonly ids: Ids;
  /** By owner, as it stands in leases. */
  readonly processes: Map<string, { readonly station: Station; readonly dead: boolean }>;
  /** A DNS provider that cannot tie a change to the epoch. */
  readonly unguardedDns: boolean;
}

/** @param keep as compose.ts gives it: `always` for one-shot commands, `news` for the daemon */
export function createProgram(
  stage: Stage,
  process: Process,
  settings: Settings,
  keep: World['keep'],
): Program & { close(): Promise<void> } {
  const { world, ids } = stage;
  const { clock } = process;
  const store = createDisk(world, process);
  const sinks = createSinks(world, process);
  const dice = stage.dice.child(process.actor.process);
  const say = (text: string) => world.tell({ kind: 'said', text, by: process.actor });
  const announcer = createAnnouncer(
    () => deliverOutbox({ store, sinks, clock, random: () => dice.next() }),
    thrown => say(`the outbox could not be read: ${String(thrown)}`),
  );
  const inner: World = {
    settings,
    store,
    outside: createOutside(stage, process, dice),
    announcer: { kick: announcer.kick, flush: async () => announcer.kick() },
    clock,
    ids,
    tell: createTeller(
      ids,
      settings.sinks.map(sink => sink.name),
    ),
    dnsCapabilities: () =>
      stage.unguardedDns ? { ...route53.capabilities, compareAndSwap: false } : route53.capabilities,
    owner: process.actor.process,
    isOwnerDead: owner => isDead(stage, process, owner),
    referenceTimeoutMs: settings.referenceTimeoutMs,
    vantage: 'local',
    keep,
    stop: process.stop.signal,
    watcher: { problem: (service, message) => say(`${service}: ${message}`) },
  };
  return {
    world: inner,
    store,
    watches: () => openWatches(store, settings.services, clock.now()),
    close: () => announcer.flush(),
  };
}

/** As the real one: only of processes on the same machine can it be known. */
function isDead({ processes }: Stage, asker: Process, owner: string): boolean {
  const other = processes.get(owner);
  return other !== undefined && other.station === asker.station && other.dead;
}

function createOutside({ world, hosters }: Stage, process: Process, dice: Dice): Outside {
  const made = new Map<string, unknown>();
  const once = <T>(key: string, make: () => T): T => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as T;
  };
  return {
    host: async name =>
      once(`host ${name}`, () => {
        const hoster = hosters.get(name);
        if (hoster === undefined) throw new Error(`no hoster ${name} in the cast`);
        return createHost(world, process, hoster, dice);
      }),
    dns: async () => once('dns', () => createDns(world, process, dice)),
    promoter: async kind => once(`promoter ${kind}`, () => createPromoter(world, process, kind)),
    prober: createProber(world, process),
    nameServers: createNameServers(world, process),
  };
}
