/**
 * The composition root: settings → real clock, ids, store, providers and sinks → the world that a cycle works in.
 * The only place that knows every implementation; heavy clients are imported when they are first asked for.
 */
import { dirname, join } from 'node:path';
import { type Announcer, createAnnouncer } from './announce/announcer.ts';
import { createTeller } from './announce/notices.ts';
import type { Settings, Shell } from './model/service.ts';
import { UnderstudyError } from './ports/errors.ts';
import type { Outside } from './ports/outside.ts';

import type { DnsProvider, HostProvider, Promoter, Sink } from './ports/providers.ts';
import type { Store } from './ports/store.ts';
import { createNameServers } from './probe/name-servers.ts';
import { createProber } from './probe/prober.ts';
import { DNS_VENDORS, HOST_VENDORS } from './providers/registry.ts';
import { openWatches } from './reconcile/open-watches.ts';
import type { Watch } from './reconcile/watch.ts';
import type { Watcher, World } from './reconcile/world.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { systemClock } from './system/clock.ts';
import { randomIds } from './system/ids.ts';
import { currentOwner, isOwnerDead } from './system/owner.ts';

export interface ComposeOptions {
  readonly stop: AbortSignal;
  /** `always` for one-shot commands, `news` for the daemon. */
  readonly keep: World['keep'];
  readonly watcher?: Watcher;
  /** False: notices wait in the outbox for the next runner (for commands that were loaded without the secrets). */
  readonly deliver?: boolean;
}

export interface Composition {
  readonly world: World;
  readonly store: Store;
  /** A watch of each service, with the evidence that the store remembers. */
  watches(): Promise<readonly Watch[]>;
  close(): Promise<void>;
}

/** @throws StoreError when the state can't be used; then nothing of the world has been touched */
export async function compose(settings: Settings, options: ComposeOptions): Promise<Composition> {
  const store = await openSqliteStore(settings.state);
  const outside = createOutside(settings);
  const announcer = announcerFor(settings, store, options);
  const world: World = {
    settings,
    store,
    outside,
    // A slow sink must not stand between two looks; `close` waits for it, bounded.
    announcer: { kick: announcer.kick, flush: async () => announcer.kick() },
    clock: systemClock,
    ids: randomIds,
    tell: createTeller(
      randomIds,
      settings.sinks.map(sink => sink.name),
    ),
    dnsCapabilities: name => dnsVendor(settings, name).capabilities,
    owner: currentOwner(),
    isOwnerDead,
    referenceTimeoutMs: settings.referenceTimeoutMs,
    vantage: 'local',
    keep: options.keep,
    stop: options.stop,
    ...(options.watcher === undefined ? {} : { watcher: options.watcher }),
  };
  return {
    world,
    store,
    watches: () => openWatches(store, settings.services, systemClock.now()),
    async close() {
      await announcer.flush();
      await outside.close();
      await store.close();
    },
  };
}

function dnsVendor(settings: Settings, name: string) {
  const kind = settings.providers[name]?.kind ?? '';
  const vendor = DNS_VENDORS[kind];
  if (vendor === undefined) throw notConfigured(name);
  return vendor;
}

function notConfigured(name: string): UnderstudyError {
  return new UnderstudyError({
    code: 'config-refused',
    message: `there is no provider "${name}" of the right kind`,
  });
}

function createOutside(settings: Settings): Outside & { close(): Promise<void> } {
  const context = { clock: systemClock, random: Math.random };
  const closing: (() => Promise<void>)[] = [];
  const host = once(async (name: string): Promise<HostProvider> => {
    const entry = settings.providers[name];
    const vendor = HOST_VENDORS[entry?.kind ?? ''];
    if (entry === undefined || vendor === undefined) throw notConfigured(name);
    return (await vendor.load()).create(entry.params, context);
  });
  const dns = once(async (name: string): Promise<DnsProvider> => {
    const entry = settings.providers[name];
    if (entry === undefined) throw notConfigured(name);
    return (await dnsVendor(settings, name).load()).create(entry.params, context);
  });
  const promoter = once(async (kind: Shell['kind']): Promise<Promoter> => {
    const { redacting, secretsIn } = await import('./providers/shell/redacting.ts');
    const secrets = secretsIn(settings);
    if (kind === 'local') {
      const { createLocalPromoter } = await import('./providers/shell/local.ts');
      return redacting(createLocalPromoter(), secrets);
    }
    const { createSshPromoter } = await import('./providers/shell/ssh.ts');
    const ssh = createSshPromoter({ controlDir: join(dirname(settings.state), 'ssh') });
    closing.push(() => ssh.close());
    return redacting(ssh, secrets);
  });
  return {
    host,
    dns,
    promoter,
    prober: createProber(),
    nameServers: createNameServers(),
    close: async () => void (await Promise.allSettled(closing.map(end => end()))),
  };
}

/** Makes each value once, and again when making it failed. */
function once<K, V>(make: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const made = new Map<K, Promise<V>>();
  return key => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    value.catch(() => made.delete(key));
    return value;
  };
}

function announcerFor(settings: Settings, store: Store, options: ComposeOptions): Announcer {
  if (settings.sinks.length === 0 || options.deliver === false)
    return { kick: () => {}, flush: async () => {} };
  let sinks: readonly Sink[] | null = null;
  const inner = createAnnouncer(
    async () => {
      if (!(await anythingToSay(settings, store))) return;
      const { deliverOutbox } = await import('./announce/outbox.ts');
      const { createWebhookSink } = await import('./announce/webhook.ts');
      sinks ??= settings.sinks.map(sink => createWebhookSink(sink, { clock: systemClock }));
      await deliverOutbox({ store, sinks, clock: systemClock, random: Math.random });
    },
    thrown => options.watcher?.problem?.('', `the outbox could not be read: ${String(thrown)}`),
  );
  return inner;
}

/** The client of a sink is loaded only when a notice waits. */
async function anythingToSay(settings: Settings, store: Store): Promise<boolean> {
  for (const sink of settings.sinks) if ((await store.outbox(sink.name, 1)).length > 0) return true;
  return false;
}
