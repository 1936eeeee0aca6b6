/** Only one process observes at a time: two that re-probe and write evidence would only disturb each other. */
import { LeaseLostError } from '../ports/errors.ts';
import type { World } from './world.ts';

const NAME = 'observer';
/** The lease of a process that is killed is taken over at once; of one that hangs, after this, ms. */
const TTL_MS = 60_000;

/**
 * Runs `work` under the lease, renewing it at a third of its TTL.
 * @returns what `work` returns, or who is at work already
 * @throws LeaseLostError when the lease was lost meanwhile (the process was stopped for longer than the TTL)
 */
export async function withObserverLease<T>(
  world: World,
  work: () => Promise<T>,
): Promise<T | { readonly busy: string }> {
  const { store, clock, owner } = world;
  const taken = await store.acquire(NAME, owner, TTL_MS, clock.now(), world.isOwnerDead);
  if ('heldBy' in taken) {
    const [host, , pid] = taken.heldBy.owner.split('/');
    return { busy: `pid ${pid ?? '?'} on ${host ?? '?'}` };
  }
  const over = new AbortController();
  let lost: LeaseLostError | null = null;
  const renewing = (async () => {
    let lease = taken.held;
    while (!over.signal.aborted) {
      await clock.sleep(TTL_MS / 3, over.signal);
      if (over.signal.aborted) return;
      try {
        lease = await store.renew(lease, TTL_MS, clock.now());
      } catch (thrown) {
        if (!(thrown instanceof LeaseLostError)) continue;
        lost = thrown;
        world.watcher?.problem?.('', thrown.message);
        return;
      }
    }
  })();
  try {
    const result = await work();
    if (lost !== null) throw lost;
    return result;
  } finally {
    over.abort();
    await renewing;
    await store.release(taken.held).catch(() => {});
  }
}
