/** The shapes in which the past is kept: a plan, a run, the intent of a step, as they were committed. */
import type { Plan } from '../../model/plan.ts';
import type { AuditEntry, JournalEntry, Run } from '../../model/state.ts';
import type { Actor } from '../events.ts';

export interface PastPlan {
  readonly plan: Plan;
  /** Set by the first commit as `started`. */
  startedAt: number | null;
}

export interface PastRun {
  /** As first committed. */
  readonly first: Run;
  run: Run;
  readonly plan: Plan | null;
  readonly at: number;
  /** The station's clock then. */
  readonly wall: number;
  readonly by: Actor;
  /** Its audit entries, of the same commit. */
  readonly audits: readonly AuditEntry[];
  /** When it was committed as ended, true time. */
  endedAt: number | null;
  endedSeq: number;
  /** Its last commit of any kind. */
  lastAt: number;
  /** Who works on it, and since when: a take-over or an interruption begins anew. */
  session: { readonly process: string; readonly since: number } | null;
}

export interface Intent {
  readonly entry: JournalEntry;
  readonly at: number;
  readonly seq: number;
  readonly wall: number;
  /** When the commit about the run before this one was made. */
  readonly from: number;
  /** When its process last heard anything before it wrote this down. */
  readonly heardAt: number;
  readonly by: Actor;
}

const FINAL: ReadonlySet<Run['status']> = new Set([
  'done',
  'unverified',
  'failed',
  'superseded',
  'abandoned',
]);

export function isFinal(run: Run): boolean {
  return FINAL.has(run.status);
}
