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

/** `by`: the process that wrote it; null: fate. */
type Written = Epoch & { readonly by: string | null };

/** Readings that one may have overtaken another of, and changes that one may have been told of late. */
const KEPT = 8;

export function createTrueEpoch(): Checker {
  /** By station and service, the newest last. */
  const told = new Map<string, readonly Epoch[]>();
  const held = new Held();
  /** The highest that each station has written down for a service, and when. */
  const highest = new Map<string, Epoch>();
  return {
    invariant: 10,
    sentence: 'An error of a dependency (store, DNS API, hoster API, sink) changes nothing and is told once.',
    see(event, truth) {
      if (event.kind === 'zone' && event.service !== null) held.take(event.service, event);
      if (event.kind === 'told-zone') {
        const key = `${event.by.station} ${event.service}`;
        const reading = { epoch: event.view.epoch?.epoch ?? 0, at: event.at };
        told.set(key, [...(told.get(key) ?? []), reading].slice(-KEPT));
      }
      if (event.kind !== 'commit') return null;
      return invented(told, held, event) ?? outrun(highest, held, event, truth);
    },
  };
}

/** Every epoch that the zone of each service has held, and since when. */
class Held {
  readonly #all = new Map<string, Written[]>();

  take(service: string, { epochBefore, epochAfter, at, by }: EventOf<'zone'>): void {
    let all = this.#all.get(service);
    if (all === undefined)
      this.#all.set(service, (all = [{ epoch: epochBefore?.epoch ?? 0, at: NEVER, by: null }]));
    all.push({ epoch: epochAfter?.epoch ?? 0, at, by: by?.process ?? null });
  }

  /** Whether it is one of the last that were written, by this process or by whomever from then on. */
  written(service: string, epoch: number, process: string, since: number): boolean {
    const lately = (this.#all.get(service) ?? []).slice(-KEPT);
    return lately.some(one => one.epoch === epoch && (one.at >= since || one.by === process));
  }

  /** Whether it was in force at some time from then on. */
  since(service: string, epoch: number, since: number, truth: Truth): boolean {
    // A person who mends the zone in the calm tells nobody.
    if ((truth.epoch(service)?.epoch ?? 0) === epoch) return true;
    const all = this.#all.get(service) ?? [];
    return all.some((one, index) => one.epoch === epoch && (all[index + 1]?.at ?? Infinity) >= since);
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
  held: Held,
  { by, changes }: EventOf<'commit'>,
): string | null {
  for (const change of changes) {
    if (change.kind !== 'service' || change.patch.epoch === undefined) continue;
    const {
      service,
      patch: { epoch },
    } = change;
    const readings = told.get(`${by.station} ${service}`) ?? [];
    const since = readings[0]?.at ?? Number.POSITIVE_INFINITY;
    if (!held.written(service, epoch, by.process, since) && !readings.some(one => one.epoch === epoch))
      return `${by.process} wrote down epoch ${epoch} of ${service}, which its station was never told of (${readings.map(one => one.epoch).join(', ') || 'nothing'})`;
  }
  return null;
}
