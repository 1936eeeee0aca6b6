/** What the newest runs say beyond the very last one: a run that failed must not hide the one before that changed DNS. */
import type { Run, ServiceState } from '../model/state.ts';
import type { Store } from '../ports/store.ts';
import { isTurn } from './adopt.ts';

export interface LookBack {
  /** The newest run that changed DNS. */
  readonly lastFlip: Run | null;
  /** The newest run that changed DNS or saw it changed. */
  readonly lastTurn: Run | null;
  /** Runs that failed one after the other up to now, none of them having changed DNS. */
  readonly failures: number;
}

/** Runs looked back on: those that failed after the last one that changed DNS are few, since each pauses the next. */
const RUNS_MOST = 50;

/** Costs a query only when the last run did not change DNS. */
export async function lookBack(store: Store, { service, lastRun }: ServiceState): Promise<LookBack> {
  if (lastRun === null || lastRun.flipped) return { lastFlip: lastRun, lastTurn: lastRun, failures: 0 };
  const runs = await store.runs({ service, limit: RUNS_MOST });
  const other = runs.findIndex(run => run.status !== 'failed');
  return {
    lastFlip: runs.find(run => run.flipped) ?? null,
    lastTurn: runs.find(isTurn) ?? null,
    failures: other === -1 ? runs.length : other,
  };
}
