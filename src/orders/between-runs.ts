/**
 * Orders that change what a run changes too are carried out between runs: a list that is read, changed and written back
 * must not lose what a run adds to it (a site put into quarantine would be let in again).
 */
import type { Lease } from '../ports/store.ts';
import type { Program } from '../reconcile/daemon.ts';
import type { Refused } from './person.ts';

/** The change itself takes milliseconds; this covers a disk that hangs. */
const LEASE_MS = 30_000;

/**
 * Runs `use` while no run of the service can begin or go on: under the lease that runs take.
 * @param service its name
 * @returns what `use` returns, or the refusal (`run-open`) that names who holds the lease
 * @throws StoreError
 */
export async function betweenRuns<T>(
  { world }: Program,
  service: string,
  use: (lease: Lease) => Promise<T>,
): Promise<T | Refused> {
  const { store, clock, owner, isOwnerDead } = world;
  const taken = await store.acquire(`run:${service}`, owner, LEASE_MS, clock.now(), isOwnerDead);
  if ('heldBy' in taken) return runUnderWay(service, taken.heldBy.owner);
  try {
    return await use(taken.held);
  } finally {
    await store.release(taken.held).catch(() => {});
  }
}

function runUnderWay(service: string, owner: string): Refused {
  return {
    refused: {
      code: 'run-open',
      message: `a run of ${service} is under way (${owner}): nothing was changed`,
      next: `wait until it has ended: understudy history ${service}`,
    },
  };
}
