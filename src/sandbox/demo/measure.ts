/** How long each part of the recovery took, read from the run's journal: the same record that `history` shows. */
import type { StepKind } from '../../model/plan.ts';
import type { Run } from '../../model/state.ts';
import { openSqliteStore } from '../../store/sqlite.ts';

export const PARTS = ['detect', 'decide', 'fence', 'promote', 'check', 'flip', 'verify', 'total'] as const;
export type RecoveryMs = Readonly<Record<(typeof PARTS)[number], number | null>>;

export interface Recovery {
  readonly run: Run | null;
  readonly ms: RecoveryMs;
}

/** No run, no times. */
export const NO_TIMES: RecoveryMs = {
  detect: null,
  decide: null,
  fence: null,
  promote: null,
  check: null,
  flip: null,
  verify: null,
  total: null,
};

/**
 * @param since when the deed was done, ms since the epoch
 * @returns the service's newest run since then and the time each part took, ms; null where there was no such part
 */
export async function recoveryOf(stateFile: string, service: string, since: number): Promise<Recovery> {
  const store = await openSqliteStore(stateFile);
  try {
    const run = (await store.runs({ service, limit: 1 })).find(entry => entry.startedAt >= since) ?? null;
    if (run === null) return { run, ms: NO_TIMES };
    const journal = await store.journal(run.id);
    const plan = await store.plan(run.plan);
    const span = (kind: StepKind): number | null => {
      const from = journal.find(entry => entry.kind === kind && entry.event === 'intent');
      const to = journal.findLast(entry => entry.kind === kind && entry.event === 'receipt');
      return from === undefined || to === undefined ? null : to.at - from.at;
    };
    const judged = plan?.plan.because.at ?? run.startedAt;
    const ms: RecoveryMs = {
      detect: judged - since,
      decide: run.startedAt - judged,
      fence: span('fence'),
      promote: span('promote'),
      check: span('check'),
      flip: span('flip'),
      verify: span('verify'),
      total: (run.endedAt ?? run.startedAt) - since,
    };
    return { run, ms };
  } finally {
    await store.close();
  }
}
