/**
 * A small world in memory behind the ports: two machines at a hoster, a zone with compare-and-swap, sites that answer
 * or not. For tests of the cycle in virtual time; what the vendors really do is tested in test/providers.
 */
import { createTeller } from '../../src/announce/notices.ts';
import { type EpochRecord, formatEpoch, parseEpoch } from '../../src/model/epoch.ts';
import type { Family, ProbeResult } from '../../src/model/sample.ts';
import type { Service, Settings } from '../../src/model/service.ts';
import type { HostReading, RecordSet, ZoneView } from '../../src/model/signal.ts';
import type { ProviderError } from '../../src/ports/errors.ts';
import type { Outside } from '../../src/ports/outside.ts';
import type { DnsProvider, HostProvider, SwapOutcome } from '../../src/ports/providers.ts';
import type { Store } from '../../src/ports/store.ts';
import { NO_EVIDENCE, Watch } from '../../src/reconcile/watch.ts';
import type { World } from '../../src/reconcile/world.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { countingIds, VirtualClock } from './clock.ts';
import { makeService, makeSettings } from './service.ts';

export class Lab {
  readonly clock = new VirtualClock();
  readonly service: Service;
  readonly settings: Settings;
  readonly store: Store;
  readonly stop = new AbortController();
  readonly ids = countingIds();
  /** Everything that was done to the world, in order: `fence home`, `run promote away`, `swap away 2`. */
  readonly deeds: string[] = [];
  /** The epoch alone, as it was taken for a run, or given back: `claim home 1`, `back home 2`. */
  readonly claims: string[] = [];
  /** Answers of each address; what is not here answers well. */
  readonly probes = new Map<string, ProbeResult | 'hang'>();
  readonly hosts = new Map<string, HostReading>();
  /** What a command prints last. */
  readonly tails = new Map<string, readonly string[]>();
  readonly commands = new Map<string, () => Promise<number> | number>();
  online: Record<Family, boolean> = { v4: true, v6: true };
  /** Fails the next calls of `name` (describe, powerOff, read, claim, swap, propagated). */
  readonly faults = new Map<string, ProviderError>();
  records: RecordSet[] = [];
  epochSet: RecordSet | null = null;
  probeCount = 0;

  constructor(
    patch: Partial<Service> = {},
    settings: Partial<Settings> = {},
    store: Store = createMemoryStore(),
  ) {
    this.service = makeService(patch);
    this.settings = makeSettings(this.service, settings);
    this.store = store;
    for (const site of this.service.sites) {
      this.hosts.set(site.server ?? '', { power: 'running', blocked: { v4: false, v6: false } });
      this.commands.set(`promoted ${site.name}`, () =>
        this.deeds.includes(`run promote ${site.name}`) ? 0 : 1,
      );
    }
    const home = this.service.sites[0];
    for (const name of this.service.dns.records) {
      if (home?.addresses.v4 !== undefined)
        this.records.push({ name, type: 'A', ttlS: 60, values: [home.addresses.v4] });
      if (home?.addresses.v6 !== undefined)
        this.records.push({ name, type: 'AAAA', ttlS: 60, values: [home.addresses.v6] });
    }
  }

  /** Makes every address of the site answer so. */
  site(
    name: string,
    result: ProbeResult | 'hang' | 'well',
    families: readonly Family[] = ['v4', 'v6'],
  ): void {
    const site = this.service.sites.find(entry => entry.name === name);
    for (const family of families) {
      const address = site?.addresses[family];
      if (address === undefined) continue;
      if (result === 'well') this.probes.delete(address);
      else this.probes.set(address, result);
    }
  }

  watch(): Watch {
    return new Watch(this.service, NO_EVIDENCE, 0);
  }

  world(patch: Partial<World> = {}): World {
    const { ids } = this;
    return {
      settings: this.settings,
      store: this.store,
      clock: this.clock,
      ids,
      outside: this.outside(),
      tell: createTeller(ids, ['hook']),
      announcer: { kick: () => {}, flush: async () => {} },
      dnsCapabilities: () => ({ compareAndSwap: true, reportsPropagation: true }),
      owner: 'lab/boot/1/1/1',
      isOwnerDead: () => false,
      referenceTimeoutMs: 500,
      vantage: 'local',
      keep: 'always',
      stop: this.stop.signal,
      ...patch,
    };
  }

  outside(): Outside {
    return {
      host: async () => this.#host(),
      dns: async () => this.#dns(),
      promoter: async kind => ({
        kind,
        run: async (_shell, command) => {
          const text = command.argv.join(' ');
          if (command.argv[0] !== 'promoted') this.deeds.push(`run ${text}`);
          const status = (await this.commands.get(text)?.()) ?? 0;
          return { status, timedOut: false, tail: this.tails.get(text) ?? [] };
        },
      }),
      prober: {
        probe: async (_kind, _params, target, timeoutMs) => {
          this.probeCount += 1;
          const answer = this.online[target.family]
            ? (this.probes.get(target.address) ?? { ok: true })
            : 'hang';
          if (answer !== 'hang') return answer;
          await this.clock.sleep(timeoutMs);
          return { ok: false, failure: 'timeout' };
        },
        reach: async (address, _port, timeoutMs) => {
          const family: Family = address.includes(':') ? 'v6' : 'v4';
          if (this.online[family]) return { ok: true };
          await this.clock.sleep(timeoutMs);
          return { ok: false, failure: 'timeout' };
        },
      },
      nameServers: {
        ask: async (_server, name, type) => {
          const sets = [...this.records, ...(this.epochSet === null ? [] : [this.epochSet])];
          const records = sets
            .filter(set => set.name === name && set.type === type)
            .flatMap(set => set.values.map(value => ({ type: set.type, ttlS: set.ttlS, value })));
          return { rcode: 'NOERROR', authoritative: true, records };
        },
      },
    };
  }

  #fault(name: string): void {
    const error = this.faults.get(name);
    if (error !== undefined) throw error;
  }

  #host(): HostProvider {
    const named = (server: string) => this.service.sites.find(site => site.server === server)?.name ?? server;
    return {
      kind: 'lab',
      capabilities: { lockFlag: true, powerOff: true, confirmsOff: true, powerOn: true },
      describe: async server => {
        this.#fault('describe');
        return this.hosts.get(server) ?? { power: 'unknown', blocked: { v4: null, v6: null } };
      },
      powerOff: async (server, _signal, mayAct) => {
        this.#fault('powerOff');
        await mayAct?.();
        this.deeds.push(`fence ${named(server)}`);
        const before = this.hosts.get(server);
        this.hosts.set(server, { power: 'off', blocked: before?.blocked ?? { v4: null, v6: null } });
        this.site(named(server), { ok: false, failure: 'refused' });
      },
      powerOn: async () => {},
    };
  }

  #dns(): DnsProvider {
    const view = (): ZoneView => {
      const text = this.epochSet?.values[0]?.replaceAll('"', '');
      const parsed = text === undefined ? null : parseEpoch(text);
      return {
        epochSet: this.epochSet,
        epoch: typeof parsed === 'string' ? null : parsed,
        ...(typeof parsed === 'string' ? { epochProblem: parsed } : {}),
        records: this.records,
      };
    };
    return {
      kind: 'lab',
      capabilities: { compareAndSwap: true, reportsPropagation: true },
      read: async () => {
        this.#fault('read');
        return view();
      },
      swap: async (_zone, change, next): Promise<SwapOutcome> => {
        const what = kindOfSwap(view().epoch, next);
        this.#fault(what);
        if (JSON.stringify(this.epochSet) !== JSON.stringify(change.expectEpoch)) {
          const { owner, epoch, active } = view().epoch ?? {};
          if (owner === next.owner && epoch === next.epoch && active === next.active)
            return { outcome: 'applied', changeId: null, confirmedBy: 'read-back' };
          return { outcome: 'lost', current: this.epochSet };
        }
        (what === 'swap' ? this.deeds : this.claims).push(`${what} ${next.active} ${next.epoch}`);
        this.epochSet = {
          name: change.epochName,
          type: 'TXT',
          ttlS: change.ttlS,
          values: [`"${formatEpoch(next)}"`],
        };
        const gone = [...change.upserts, ...change.deletes];
        const kept = this.records.filter(
          set => !gone.some(other => other.name === set.name && other.type === set.type),
        );
        this.records = [...kept, ...change.upserts];
        return { outcome: 'applied', changeId: 'C1', confirmedBy: 'reply' };
      },
      propagated: async () => {
        this.#fault('propagated');
        return true;
      },
      nameservers: async () => ['127.0.0.1:53'],
    };
  }
}

/** `swap`: it says where the service is. */
export function kindOfSwap(before: EpochRecord | null, next: EpochRecord): 'claim' | 'back' | 'swap' {
  if (next.claim !== undefined) return 'claim';
  return before?.claim !== undefined && before.owner === next.owner && before.active === next.active
    ? 'back'
    : 'swap';
}
