/**
 * The gate: refuses a plan that breaks a standing rule. Pure and independent of the planner: it reads the finished
 * plan and the raw state again, so that a planner's mistake, an old plan that a person approves late, and a plan
 * edited in the store are all stopped by the same rows. Every row is evaluated, so that `why` can show them all.
 */
import type { Plan } from '../model/plan.ts';
import type { Mode } from '../model/service.ts';
import type { GateResult, Run } from '../model/state.ts';
import type { Policy, Verdict } from '../model/verdict.ts';
import { GATE_ROWS } from './gate-rows.ts';
import type { Inventory } from './view.ts';

export interface GateInput {
  readonly plan: Plan;
  readonly inventory: Inventory;
  readonly verdict: Verdict;
  readonly mode: Mode;
  /** Whether the DNS provider can tie a change to the epoch. */
  readonly guardedDns: boolean;
  /** Another run of this service that has not ended. */
  readonly openRun: Run | null;
  /** The person who approved this very plan, if any. */
  readonly approvedBy: string | null;
  readonly now: number;
}

export interface GateContext extends GateInput {
  /** Neither asked for nor approved by a person. */
  readonly automatic: boolean;
  readonly policy: Policy;
}

export interface Finding {
  readonly ok: boolean;
  readonly value: string;
  readonly threshold: string;
}

export interface GateRow {
  readonly number: number;
  readonly code: string;
  /** The rule as one sentence. */
  readonly sentence: string;
  /** `automatic`: a person may do it, the program by itself may not. */
  readonly applies: 'always' | 'automatic';
  readonly check: (context: GateContext) => Finding;
}

/** @returns a result for every row that applies; the plan may run only when all are ok */
export function gate(input: GateInput): readonly GateResult[] {
  const automatic = input.plan.origin.by === 'judge' && input.approvedBy === null;
  const policy = input.inventory.service.policy[input.verdict.class];
  const context: GateContext = { ...input, automatic, policy };
  return GATE_ROWS.filter(row => row.applies === 'always' || automatic).map(row => ({
    number: row.number,
    code: row.code,
    sentence: row.sentence,
    ...row.check(context),
  }));
}

/** @returns the rows that refuse */
export function refusals(results: readonly GateResult[]): readonly GateResult[] {
  return results.filter(result => !result.ok);
}
