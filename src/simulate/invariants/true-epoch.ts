/**
 * 10 (as to DNS) An error of a dependency changes nothing: an answer that makes no sense is no reading.
 *
 * The epoch that a process writes down is one that its station was told of, or that the zone has held since: what the
 * process has written itself. One of the last readings will do: answers overtake each other, and a process may find in
 * the store what the one before it was told.
 */
import type { Checker, EventOf } from '../events.ts';

interface Epoch {
  readonly epoch: number;
  readonly at: number;
}

const KEPT = 8;

export function createTrueEpoch(): Checker {
  /** By station and service, the newest last. */
  const told = new Map<string, readonly Epoch[]>();
  const held = new Map<string, readonly Epoch[]>();
  const keep = (all: Map<string, readonly Epoch[]>, key: string, at: number, epoch: number) =>
    void all.set(key, [...(all.get(key) ?? []), { epoch, at }].slice(-KEPT));
  return {
    invariant: 10,
    sentence: 'An error of a dependency (store, DNS API, hoster API, sink) changes nothing and is told once.',
    see(event) {
      const { at } = event;
      if (event.kind === 'zone' && event.service !== null)
        keep(held, event.service, at, event.epochAfter?.epoch ?? 0);
      if (event.kind === 'told-zone')
        keep(told, `${event.by.station} ${event.service}`, at, event.view.epoch?.epoch ?? 0);
      return event.kind === 'commit' ? invented(told, held, event) : null;
    },
  };
}

function invented(
  told: ReadonlyMap<string, readonly Epoch[]>,
  held: ReadonlyMap<string, readonly Epoch[]>,
  { by, changes }: EventOf<'commit'>,
): string | null {
  for (const change of changes) {
    if (change.kind !== 'service' || change.patch.epoch === undefined) continue;
    const { service, patch } = change;
    const readings = told.get(`${by.station} ${service}`) ?? [];
    const since = readings[0]?.at ?? Number.POSITIVE_INFINITY;
    const written = (held.get(service) ?? []).some(one => one.epoch === patch.epoch && one.at >= since);
    if (!written && !readings.some(one => one.epoch === patch.epoch))
      return `${by.process} wrote down epoch ${patch.epoch} of ${service}, which its station was never told of (${readings.map(one => one.epoch).join(', ') || 'nothing'})`;
  }
  return null;
}
