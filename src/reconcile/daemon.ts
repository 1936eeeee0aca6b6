/** The daemon: every service on its own schedule, clients warm, old evidence dropped now and then. */
import type { Store } from '../ports/store.ts';
import { ttlFor, withObserverLease } from './observer-lease.ts';
import { watchService } from './scheduler.ts';
import type { Watch } from './watch.ts';
import type { World } from './world.ts';

export interface Program {
  readonly world: World;
  readonly store: Store;
  watches(): Promise<readonly Watch[]>;
}

const PRUNE_EVERY_MS = 3_600_000;
/** Evidence is kept for so long, ms: enough to look back on a bad month. */
export const KEEP_EVIDENCE_MS = 45 * 86_400_000;
/** Rows of history that are never pruned. */
export const KEEP_ROWS = 5000;

/** Runs until told to stop. @returns who is at work already, or null after an orderly end */
export async function watchAll(program: Program): Promise<{ readonly busy: string } | null> {
  const work = async (stop: AbortSignal) => {
    const world: World = { ...program.world, stop };
    const watches = await program.watches();
    await Promise.all([
      warmUp(world),
      sweep(world),
      ...watches.map(watch => watchService(world, watch, { once: false, budgetMs: 0 })),
    ]);
    return null;
  };
  return withObserverLease(program.world, work, ttlFor(program.world));
}

/** Loading a client takes up to 200 ms: better now than between the verdict and the flip. */
async function warmUp(world: World): Promise<void> {
  const { services } = world.settings;
  const names = new Set(services.flatMap(service => service.sites.flatMap(site => site.provider ?? [])));
  await Promise.allSettled([
    ...[...names].map(name => world.outside.host(name)),
    ...services.map(service => world.outside.dns(service.dns.provider)),
  ]);
}

async function sweep(world: World): Promise<void> {
  while (!world.stop.aborted) {
    await world.clock.sleep(PRUNE_EVERY_MS, world.stop);
    if (world.stop.aborted) return;
    await world.store.prune(world.clock.now() - KEEP_EVIDENCE_MS, KEEP_ROWS).catch((thrown: unknown) => {
      world.watcher?.problem?.('', `old evidence could not be dropped: ${String(thrown)}`);
    });
  }
}
