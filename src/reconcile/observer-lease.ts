/** Only one process observes at a time: two that re-probe and write evidence would only disturb each other. */
import { LeaseLostError } from '../ports/errors.ts';
import type { Lease } from '../ports/store.ts';
import type { World } from './world.ts';

const NAME = 'observer';
/** The lease of a process that is killed is taken over at once; of one that hangs, after this, ms. */
const TTL_MS = 60_000;

/**
 * Runs `work` under the lease, renewing it at a third of its TTL. A lease that ran out while the machine slept is taken
 * again when it is free; when another process observes by now, `work` is told to stop.
 * @param work gets the signal that says so, or that the program is to stop
 * @returns what `work` returns, or who is at work already
 * @throws LeaseLostError when another process took over meanwhile
 */
export async function withObserverLease<T>(
  world: World,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T | { readonly busy: string }> {
  const taken = await take(world);
  if ('heldBy' in taken) {
    const [host, , pid] = taken.heldBy.owner.split('/');
    return { busy: `pid ${pid ?? '?'} on ${host ?? '?'}` };
  }
  const kept = { lease: taken.held, lost: new AbortController() };
  const over = new AbortController();
  const renewing = keep(world, kept, over.signal);
  try {
    const result = await work(AbortSignal.any([world.stop, kept.lost.signal]));
    if (kept.lost.signal.aborted) throw kept.lost.signal.reason;
    return result;
  } finally {
    // With a reason of our own: else each would make an exception, with its stack.
    over.abort('over');
    await renewing;
    await world.store.release(kept.lease).catch(() => {});
  }
}

function take({ store, owner, clock, isOwnerDead }: World) {
  return store.acquire(NAME, owner, TTL_MS, clock.now(), isOwnerDead);
}

async function keep(
  world: World,
  kept: { lease: Lease; readonly lost: AbortController },
  over: AbortSignal,
): Promise<void> {
  const { store, clock } = world;
  for (;;) {
    await clock.sleep(TTL_MS / 3, over);
    if (over.aborted) return;
    try {
      kept.lease = await store.renew(kept.lease, TTL_MS, clock.now());
    } catch (thrown) {
      // A store that can't be used now may be in a moment; only a lease that is another's ends the work.
      if (!(thrown instanceof LeaseLostError)) continue;
      const again = await take(world).catch(() => null);
      if (again === null) continue;
      if ('held' in again) {
        kept.lease = again.held;
        continue;
      }
      world.watcher?.problem?.('', thrown.message);
      kept.lost.abort(thrown);
      return;
    }
  }
}
