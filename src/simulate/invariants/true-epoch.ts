/**
 * 10 (as to DNS) An error of a dependency changes nothing: an answer that makes no sense is no reading.
 *
 * The epoch that a process writes down is one that its station was told of, or that the zone has held since: what the
 * process has written itself. One of the last readings will do: answers overtake each other, and a process may find in
 * the store what the one before it was told. But a lower one than the highest that the station had written down, which stops
 * everything and calls a person, is one that the zone has held since then: a reading of before is no roll-back.
 */
import type { Checker, EventOf, Truth } from '../events.ts';
import { NEVER } from './told.ts';

interface Epoch {
  readonly epoch: number;
  readonly at: number;
}

interface Written extends Epoch {
  /** The process that wrote it; null: fate. */
  readonly by: string | null;
}

const KEPT = 8;

export function createTrueEpoch(): Checker {
  /** By station and service, the newest last. */
  const told = new Map<string, readonly Epoch[]>();
  const held = new Map<string, readonly Written[]>();
  const past = new Held();
  /** The highest that each station has written down for a service, and when. */
  const highest = new Map<string, Epoch>();
  const keep = <T extends Epoch>(all: Map<string, readonly T[]>, key: string, one: T) =>
    void all.set(key, [...(all.get(key) ?? []), one].slice(-KEPT));
  return {
    invariant: 10,
    sentence: 'An error of a dependency (store, DNS API, hoster API, sink) changes nothing and is told once.',
    see(event, truth) {
      const { at } = event;
      if (event.kind === 'zone' && event.service !== null) {
        keep(held, event.service, { epoch: event.epochAfter?.epoch ?? 0, at, by: event.by?.process ?? null });
        past.take(event.service, event);
      }
      if (event.kind === 'told-zone')
        keep(told, `${event.by.station} ${event.service}`, { epoch: event.view.epoch?.epoch ?? 0, at });
      if (event.kind !== 'commit') return null;
      return invented(told, held, event) ?? outrun(highest, past, event, truth);
    },
  };
}

/** Every epoch that the zone of each service has held, and since when. */
class Held {
  readonly #all = new Map<string, Epoch[]>();

  take(service: string, { epochBefore, epochAfter, at }: EventOf<'zone'>): void {
    const all = this.#all.get(service) ?? [{ epoch: epochBefore?.epoch ?? 0, at: NEVER }];
    this.#all.set(service, [...all, { epoch: epochAfter?.epoch ?? 0, at }]);
  }

  /** Whether it was in force at some time from then on. */
  since(service: string, epoch: number, since: number, truth: Truth): boolean {
    // A person who mends the zone in the calm tells nobody.
    if ((truth.epoch(service)?.epoch ?? 0) === epoch) return true;
    const all = this.#all.get(service) ?? [];
    return all.some((one, index) => one.epoch === epoch && (all[index + 1]?.at ?? NEVER) >= since);
  }
}

/** A roll-back is written down that never was. */
function outrun(
  highest: Map<string, Epoch>,
  held: Held,
  { at, by, changes }: EventOf<'commit'>,
  truth: Truth,
): string | null {
  for (const change of changes) {
    if (change.kind !== 'service') continue;
    const { service, patch } = change;
    const key = `${by.station} ${service}`;
    const known = highest.get(key);
    if (patch.maxEpoch !== undefined && patch.maxEpoch !== known?.epoch)
      highest.set(key, { epoch: patch.maxEpoch, at });
    else if (patch.epoch !== undefined && known !== undefined && patch.epoch < known.epoch)
      if (!held.since(service, patch.epoch, known.at, truth))
        return `${by.process} wrote down epoch ${patch.epoch} of ${service}, which the zone has not held since its station knew of ${known.epoch}`;
  }
  return null;
}

function invented(
  told: ReadonlyMap<string, readonly Epoch[]>,
  held: ReadonlyMap<string, readonly Written[]>,
  { by, changes }: EventOf<'commit'>,
): string | null {
  for (const change of changes) {
    if (change.kind !== 'service' || change.patch.epoch === undefined) continue;
    const { service, patch } = change;
    const readings = told.get(`${by.station} ${service}`) ?? [];
    const since = readings[0]?.at ?? Number.POSITIVE_INFINITY;
    const written = (held.get(service) ?? []).some(
      one => one.epoch === patch.epoch && (one.at >= since || one.by === by.process),
    );
    if (!written && !readings.some(one => one.epoch === patch.epoch))
      return `${by.process} wrote down epoch ${patch.epoch} of ${service}, which its station was never told of (${readings.map(one => one.epoch).join(', ') || 'nothing'})`;
  }
  return null;
}
