/** `approve`: the stored plan is gated anew and run to the byte as it was drafted. */
import type { Plan } from '../model/plan.ts';
import type { Service } from '../model/service.ts';
import type { Order } from '../reconcile/assess.ts';
import type { CycleReport } from '../reconcile/cycle.ts';
import type { Program } from '../reconcile/daemon.ts';
import { carry, type Draft, draft } from './move.ts';
import type { Refused, RefusalCode, Words } from './person.ts';

/** A stored plan that waits for a person, and the service it is for. */
export interface Proposal {
  readonly plan: Plan;
  readonly service: Service;
}

export interface Approval extends Words {
  /** For once as if the config said `mode: act`. The plan is fixed to the byte, so this cannot stand in it: it stands in the audit. */
  readonly modeAct: boolean;
}

/** @returns the proposal, or the refusal `plan-unknown`, `plan-not-waiting` or `service-unknown` @throws StoreError */
export async function findProposal({ world }: Program, id: string): Promise<Proposal | Refused> {
  const stored = await world.store.plan(id);
  if (stored === null)
    return refused('plan-unknown', `there is no plan "${id}"; \`understudy status\` shows those that wait`);
  const { plan, status } = stored;
  if (status !== 'proposed') return refused('plan-not-waiting', `plan ${id} is ${status} already`);
  const service = world.settings.services.find(entry => entry.name === plan.service);
  return service === undefined
    ? refused('service-unknown', `the config has no service "${plan.service}" any more`)
    : { plan, service };
}

function refused(code: RefusalCode, message: string): Refused {
  return { refused: { code, message } };
}

/** Looks at everything that the plan depends on and gates it, changing nothing. @throws StoreError */
export function draftApproval(
  program: Program,
  proposal: Proposal,
  approval: Omit<Approval, 'reason'>,
): Promise<Draft> {
  return draft(inMode(program, approval), proposal.service, orderOf(proposal, approval));
}

/**
 * Gates the plan once more and runs it, with the audit in the transaction that starts the run.
 * @param drafted what draftApproval returned for the same proposal
 * @returns the report of the cycle: its run, or what stands against it by now; `plan-not-waiting` when the plan was voided or
 *   started while the person was asked
 * @throws StoreError, LeaseLostError
 */
export async function carryApproval(
  program: Program,
  proposal: Proposal,
  drafted: Draft,
  approval: Approval,
): Promise<CycleReport | Refused> {
  const { plan } = proposal;
  const again = await findProposal(program, plan.id);
  if ('refused' in again) return again;
  return carry(inMode(program, approval), drafted, orderOf(proposal, approval), {
    operator: approval.operator,
    action: 'approve',
    service: plan.service,
    reason: approval.reason,
    overrides: approval.modeAct ? ['mode-act'] : [],
    detail: `plan ${plan.id}, hash ${plan.hash}`,
  });
}

function orderOf({ plan }: Proposal, { operator }: Pick<Approval, 'operator'>): Order {
  return { request: null, approved: { plan, by: operator } };
}

function inMode(program: Program, { modeAct }: Pick<Approval, 'modeAct'>): Program {
  if (!modeAct) return program;
  const { world } = program;
  return { ...program, world: { ...world, settings: { ...world.settings, mode: 'act' } } };
}
