/** What the newest runs say beyond the very last one: a run that failed must not hide the one before that changed DNS. */
import type { Run, ServiceState } from '../model/state.ts';
import { PAUSE_MOST_MS } from '../plan/gate/rows.ts';
import type { Store } from '../ports/store.ts';
import { isTurn } from './adopt.ts';

export interface LookBack {
  /** The newest run that changed DNS. */
  readonly lastFlip: Run | null;
  /** The newest run that changed DNS or saw it changed. */
  readonly lastTurn: Run | null;
  /** The newest run that failed, where none has changed DNS since. */
  readonly lastFailure: Run | null;
  /** Runs that failed up to now, each within a while of the next, none of them having changed DNS. */
  readonly failures: number;
}

/** Runs looked back on: those that failed after the last one that changed DNS are few, since each pauses the next. */
const RUNS_MOST = 50;
/** What failed so long before the next did is of another night, ms. The longest pause is half of it. */
const NIGHT_MS = 2 * PAUSE_MOST_MS;

/** Costs a query only when the last run did not change DNS. */
export async function lookBack(store: Store, { service, lastRun }: ServiceState): Promise<LookBack> {
  if (lastRun === null || lastRun.flipped)
    return { lastFlip: lastRun, lastTurn: lastRun, lastFailure: null, failures: 0 };
  const runs = await store.runs({ service, limit: RUNS_MOST });
  const failed = failedSince(runs);
  return {
    lastFlip: runs.find(run => run.flipped) ?? null,
    lastTurn: runs.find(isTurn) ?? null,
    lastFailure: failed[0] ?? null,
    failures: failed.length,
  };
}

/** What was superseded or given up in between had no more luck. */
function failedSince(newestFirst: readonly Run[]): readonly Run[] {
  const failed: Run[] = [];
  for (const run of newestFirst) {
    const next = failed.at(-1);
    if (run.flipped || (next !== undefined && next.startedAt - (run.endedAt ?? 0) > NIGHT_MS)) break;
    if (run.status === 'failed') failed.push(run);
  }
  return failed;
}
