/** The work of `tick`: the observer's lease, then every service once, each at its own pace. */
import type { Composition } from '../compose.ts';
import type { CycleReport } from '../reconcile/cycle.ts';
import { KEEP_EVIDENCE_MS, KEEP_ROWS } from '../reconcile/daemon.ts';
import { withObserverLease } from '../reconcile/observer-lease.ts';
import { watchService } from '../reconcile/scheduler.ts';
import { UsageError } from './io.ts';

/** @throws UsageError */
export function budgetOf(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 1 && seconds <= 3600) return seconds * 1000;
  throw new UsageError(`--budget is a number of seconds from 1 to 3600, not "${text}"`);
}

/** @returns the reports in the order of the config, or who is at work already */
export async function tickAll(
  program: Composition,
  budgetMs: number,
): Promise<{ readonly reports: readonly CycleReport[] } | { readonly busy: string }> {
  const { world } = program;
  return withObserverLease(world, async () => {
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
