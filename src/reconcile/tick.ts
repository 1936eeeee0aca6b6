/** The work of `tick`: the observer's lease, then every service once, each at its own pace. */
import type { CycleReport } from './cycle.ts';
import { KEEP_EVIDENCE_MS, KEEP_ROWS, type Program } from './daemon.ts';
import { withObserverLease } from './observer-lease.ts';
import { watchService } from './scheduler.ts';
import type { World } from './world.ts';

/**
 * @param budgetMs how long a service may be looked at again before its round is left to the next tick
 * @returns the reports in the order of the config, or who is at work already
 */
export async function tickAll(
  program: Program,
  budgetMs: number,
): Promise<{ readonly reports: readonly CycleReport[] } | { readonly busy: string }> {
  return withObserverLease(program.world, async stop => {
    const world: World = { ...program.world, stop };
    const watches = await program.watches();
    const results = await Promise.allSettled(
      watches.map(watch => watchService(world, watch, { once: true, budgetMs })),
    );
    const failed = results.find(result => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const now = world.clock.now();
    // Once an hour is often enough, and no state of its own is needed to know when.
    if (watches.some(watch => hourOf(watch.openedAt) !== hourOf(now)))
      await world.store.prune(now - KEEP_EVIDENCE_MS, KEEP_ROWS);
    const reports = results.flatMap(result =>
      result.status === 'fulfilled' && result.value !== null ? [result.value] : [],
    );
    return { reports };
  });
}

function hourOf(at: number): number {
  return Math.floor(at / 3_600_000);
}
