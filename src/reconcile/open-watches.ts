/** The watches of a program that starts: what the store remembers of the last while, as far as it can be believed. */
import { FUTURE_MS } from '../judge/observe.ts';
import type { Service } from '../model/service.ts';
import type { Evidence } from '../model/state.ts';
import type { Store } from '../ports/store.ts';
import { retentionMs, Watch } from './watch.ts';

/**
 * @param now when it starts, ms since the Unix epoch
 * @returns a watch of each service; they share what references tell
 */
export async function openWatches(
  store: Pick<Store, 'evidence' | 'decision'>,
  services: readonly Service[],
  now: number,
): Promise<readonly Watch[]> {
  const watches = await Promise.all(services.map(service => openWatch(store, service, now)));
  Watch.share(watches);
  return watches;
}

async function openWatch(
  store: Pick<Store, 'evidence' | 'decision'>,
  service: Service,
  now: number,
): Promise<Watch> {
  const decision = await store.decision(service.name);
  const history = await store.evidence(service.name, now - retentionMs(service));
  return new Watch(service, before(history, decision?.at ?? Infinity), decision?.at ?? 0);
}

/**
 * Evidence is stored with the decision that used it. What seems to be from later was measured by a clock that has been set
 * back since: hours later it would pass for the newest again, with an epoch and an address of then.
 */
function before(history: Evidence, decidedAt: number): Evidence {
  const until = decidedAt + FUTURE_MS;
  // Oldest first: mostly the last of them tells for all.
  const known = <T extends { readonly at: number }>(items: readonly T[]) =>
    (items[items.length - 1]?.at ?? until) <= until ? items : items.filter(({ at }) => at <= until);
  return {
    samples: known(history.samples),
    references: known(history.references),
    hosts: known(history.hosts),
    zones: known(history.zones),
    freshness: known(history.freshness),
  };
}
