/**
 * The gate: refuses a plan that breaks a standing rule. Pure and independent of the planner: it reads the finished
 * plan and the raw state again, so that a planner's mistake, an old plan that a person approves late, and a plan
 * edited in the store are all stopped by the same rows. Every row is evaluated, so that `why` can show them all.
 */
import type { GateResult } from '../../model/state.ts';
import type { GateContext, GateInput } from './finding.ts';
import { GATE_ROWS } from './rows.ts';

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
