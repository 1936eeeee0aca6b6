/** Only one process observes at a time: two that re-probe and write evidence would only disturb each other. */
import { LeaseLostError } from '../ports/errors.ts';
import type { Lease } from '../ports/store.ts';
import { Bell } from './bell.ts';
import type { World } from './world.ts';

const NAME = 'observer';
/** The lease of a process that is killed is taken over at once; of one that hangs, after this, ms. */
const TTL_MS = 60_000;
const LONGEST_TTL_MS = 5 * TTL_MS;

/**
 * Runs `work` under the lease, renewing it at a third of its TTL. A lease that ran out while the machine slept is taken
 * again when it is free; when another process observes by now, `work` is told to stop.
 * @param work gets the signal that says so, or that the program is to stop
 * @param ttlMs how long nobody minds that one hangs
 * @returns what `work` returns, or who is at work already
 * @throws LeaseLostError when another process took over meanwhile
 */
export async function withObserverLease<T>(
  world: World,
  work: (stop: AbortSignal) => Promise<T>,
  ttlMs = TTL_MS,
): Promise<T | { readonly busy: string }> {
  const taken = await take(world, ttlMs);
  if ('heldBy' in taken) {
    const [host, , pid] = taken.heldBy.owner.split('/');
    return { busy: `pid ${pid ?? '?'} on ${host ?? '?'}` };
  }
  const keeper = new Keeper(world, taken.held, ttlMs);
  const follow = () => keeper.stop.abort(world.stop.reason);
  world.stop.addEventListener('abort', follow);
  if (world.stop.aborted) follow();
  const keeping = keeper.keep();
  try {
    const result = await work(keeper.stop.signal);
    if (keeper.lost !== null) throw keeper.lost;
    return result;
  } finally {
    world.stop.removeEventListener('abort', follow);
    keeper.end();
    await keeping;
    await world.store.release(keeper.lease).catch(() => {});
  }
}

/** @returns the TTL for one that looks at the shortest so often: so long a hang costs no more than a look, within limits */
export function ttlFor({ settings }: World): number {
  const shortest = Math.min(...settings.services.map(({ pace }) => pace.intervalMs));
  return Math.min(Math.max(TTL_MS, shortest), LONGEST_TTL_MS);
}

function take({ store, owner, clock, isOwnerDead }: World, ttlMs: number) {
  return store.acquire(NAME, owner, ttlMs, clock.now(), isOwnerDead);
}

class Keeper {
  lease: Lease;
  /** Another process has taken over. */
  lost: LeaseLostError | null = null;
  readonly stop = new AbortController();
  readonly #world: World;
  readonly #ttlMs: number;
  readonly #bell: Bell;
  #over = false;

  constructor(world: World, lease: Lease, ttlMs: number) {
    this.#world = world;
    this.lease = lease;
    this.#ttlMs = ttlMs;
    this.#bell = new Bell(world.clock);
  }

  end(): void {
    this.#over = true;
    this.#bell.ring();
  }

  async keep(): Promise<void> {
    while (!this.#over) {
      await this.#bell.wait(this.#ttlMs / 3);
      if (this.#over || !(await this.#renewed())) return;
    }
  }

  /** @returns false when another process observes by now */
  async #renewed(): Promise<boolean> {
    const { store, clock, watcher } = this.#world;
    try {
      this.lease = await store.renew(this.lease, this.#ttlMs, clock.now());
    } catch (thrown) {
      // A store that can't be used now may be in a moment; only a lease that is another's ends the work.
      if (!(thrown instanceof LeaseLostError)) return true;
      const again = await take(this.#world, this.#ttlMs).catch(() => null);
      if (again === null) return true;
      if ('held' in again) {
        this.lease = again.held;
        return true;
      }
      watcher?.problem?.('', thrown.message);
      this.lost = thrown;
      this.stop.abort(thrown);
      return false;
    }
    return true;
  }
}
