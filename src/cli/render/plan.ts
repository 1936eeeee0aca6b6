/** A plan as a person reads it before saying yes, and as plain data. */
import { describeStep } from '../../announce/steps.ts';
import { finalEpoch, type Plan } from '../../model/plan.ts';
import type { Service } from '../../model/service.ts';
import { refusals } from '../../plan/gate/gate.ts';
import { worstCase } from '../../plan/worst-case.ts';
import type { Assessment } from '../../reconcile/assess.ts';
import { stepsFor } from './next-steps.ts';
import { clean, wrap } from './text.ts';

/** @returns the plan as a person reads it before saying yes */
export function planText(plan: Plan, service: Service, assessment: Assessment): string {
  const worst = worstCase(service, plan);
  const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
  const steps = plan.steps.map((step, index) => `  ${index + 1}. ${describeStep(step)}`);
  const refused = refusals(assessment.gate);
  return [
    `plan ${plan.id}: ${plan.kind} of ${plan.service} from ${plan.from} to ${plan.to}, epoch ${plan.baseEpoch} → ${finalEpoch(plan)}`,
    `hash ${plan.hash}`,
    `because ${assessment.verdict.class} at ${assessment.verdict.site}: ${assessment.verdict.sentence} (rule ${assessment.verdict.rule})`,
    ...(plan.overrides.length > 0 ? [`overrides: ${plan.overrides.join(', ')}`] : []),
    ...steps,
    `worst case ${seconds(worst.totalMs)}: detection ${seconds(worst.detectMs)}, steps up to the flip ${seconds(worst.totalMs - worst.detectMs - worst.ttlMs)}, TTL ${seconds(worst.ttlMs)}`,
    refused.length === 0 ? 'gate: passes' : 'gate: refuses',
    ...refused.map(
      row => `  ${row.number} ${row.code}: ${row.sentence} (found ${row.value}, asked ${row.threshold})`,
    ),
    '',
  ].join('\n');
}

/** @returns why there is none, and what can be typed about it */
export function noPlanText(service: string, { standing, inventory }: Assessment): string {
  const why = wrap(`no plan: ${clean(standing?.detail ?? 'nothing to do')}`, '', '  ');
  const next = standing === null ? [] : stepsFor(service, standing, inventory.state);
  return [why, ...next.map(step => `  next: ${step}`), ''].join('\n');
}

/** @returns the plan, if there is one, and what stands against it */
export function notDoneText(plan: Plan | null, service: Service, assessment: Assessment): string {
  if (plan === null) return noPlanText(service.name, assessment);
  const { standing } = assessment;
  const text = planText(plan, service, assessment);
  return standing === null ? text : `${text}${wrap(`not done: ${clean(standing.detail)}`, '', '  ')}\n`;
}

/** The same as plain data. */
export function planData(plan: Plan, service: Service, assessment: Assessment) {
  return {
    ...plan,
    text: plan.steps.map(describeStep),
    worstCase: worstCase(service, plan),
    gate: assessment.gate,
    passes: refusals(assessment.gate).length === 0,
  };
}
