/**
 * The world of a replay: the production stages get the store in memory, a clock that shows the instant of the trace, ids
 * that count, and an outside in which there is nothing. Whoever asks it anything has left the path of a replay.
 */
import { createTeller } from '../announce/notices.ts';
import type { Settings } from '../model/service.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Outside } from '../ports/outside.ts';
import type { DnsCapabilities } from '../ports/providers.ts';
import type { World } from '../reconcile/world.ts';
import { createMemoryStore } from '../store/memory.ts';

/** @param now asked for the instant that is replayed, ms since the epoch */
export function replayWorld(
  settings: Settings,
  dnsCapabilities: (provider: string) => DnsCapabilities,
  now: () => number,
): World {
  const ids = countingIds();
  return {
    settings,
    store: createMemoryStore(),
    clock: clockAt(now),
    ids,
    outside: NOTHING,
    tell: createTeller(ids, []),
    announcer: { kick: () => {}, flush: async () => {} },
    dnsCapabilities,
    owner: 'replay',
    isOwnerDead: () => false,
    referenceTimeoutMs: settings.referenceTimeoutMs,
    vantage: 'replay',
    keep: 'news',
    stop: new AbortController().signal,
  };
}

function countingIds(): Ids {
  let count = 0;
  return {
    next: prefix => {
      count += 1;
      return `${prefix}-${count}`;
    },
  };
}

function clockAt(now: () => number): Clock {
  return { now, monotonic: now, sleep: noTime, deadline: noTime };
}

function noTime(): never {
  throw new Error('a replay waits for nothing');
}

async function nobody(): Promise<never> {
  throw new Error('a replay asks nobody');
}

const NOTHING: Outside = {
  host: nobody,
  dns: nobody,
  promoter: nobody,
  prober: { probe: nobody, reach: nobody },
  nameServers: { ask: nobody },
};
