/** How an API of the world goes wrong, the same for every vendor; in which words it says so is the vendor's. */
import type { Process } from '../process.ts';
import type { SimulatedWorld } from './world.ts';

/** What a vendor's API answers when it refuses: returned, or thrown where its client would throw. */
export interface Refusals<T> {
  /** @param code as Node gives it; ECONNREFUSED and ENETUNREACH: nothing was sent */
  network(code: 'ECONNREFUSED' | 'ENETUNREACH' | 'ECONNRESET'): T;
  throttled(): T;
  busy(): T;
  failed(): T;
  garbage(): T;
}

export interface Question<T> {
  readonly write: boolean;
  /** Does it; `lies`: pretends to. */
  readonly work: (lies: boolean) => T;
  readonly refusals: Refusals<T>;
}

/** An answer that comes later than any deadline, and work that is done after everybody has gone. */
const LATE_MS = 60_000;

/** One request from a process to an API, as it goes today. May stay unanswered. */
export async function ask<T>(
  world: SimulatedWorld,
  process: Process,
  api: string,
  { write, work, refusals }: Question<T>,
): Promise<T> {
  const { timeline, cast } = world;
  const { online } = process.station;
  if (!online.v4 && !online.v6) return refusals.network('ENETUNREACH');
  if (cast.latencyMs > 0) await elapsed(world, cast.latencyMs);
  const fault = world.apiFaults.get(api);
  switch (fault?.writesOnly === true && !write ? undefined : fault?.how) {
    case undefined:
      return work(false);
    case 'refuses':
      return refusals.network('ECONNREFUSED');
    case 'throttles':
      return refusals.throttled();
    case 'busy':
      return write ? refusals.busy() : work(false);
    case 'fails':
      return refusals.failed();
    case 'times-out':
      return new Promise<T>(() => {});
    case 'late': {
      const answer = work(false);
      await elapsed(world, LATE_MS);
      return answer;
    }
    case 'loses-reply':
      work(false);
      return refusals.network('ECONNRESET');
    case 'does-later':
      if (write) timeline.after(fault?.laterMs ?? LATE_MS, () => doneUnseen(work));
      return refusals.network('ECONNRESET');
    case 'garbage':
      return refusals.garbage();
    case 'lies':
      return work(write);
  }
}

/** Long after anybody waits for it. What refuses it now (the zone has moved on) has nobody to tell. */
function doneUnseen<T>(work: (lies: boolean) => T): void {
  try {
    work(false);
  } catch {
    // Refused is refused: nothing was done.
  }
}

export function elapsed(world: SimulatedWorld, ms: number): Promise<void> {
  return new Promise(resolve => world.timeline.after(ms, resolve));
}
