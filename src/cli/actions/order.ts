/** What the manual commands share: the order, the look before it, the confirmation, the audit, the outcome. */
import { describeStep } from '../../announce/steps.ts';
import type { Composition } from '../../compose.ts';
import type { Plan } from '../../model/plan.ts';
import type { Service } from '../../model/service.ts';
import type { AuditEntry, Change } from '../../model/state.ts';
import { refusals } from '../../plan/gate/gate.ts';
import { worstCase } from '../../plan/worst-case.ts';
import { agendaOf } from '../../reconcile/agenda.ts';
import { type Assessment, assess, type Order } from '../../reconcile/assess.ts';
import { type CycleReport, cycle } from '../../reconcile/cycle.ts';
import { look } from '../../reconcile/look.ts';
import type { Watch } from '../../reconcile/watch.ts';

export interface Draft {
  readonly watch: Watch;
  readonly assessment: Assessment;
}

/** Looks at everything that a plan needs and drafts it, changing nothing. */
export async function draft(program: Composition, service: Service, order: Order): Promise<Draft> {
  const { world } = program;
  const watch = await watchOf(program, service);
  const { active } = await world.store.service(service.name);
  const site = active ?? service.sites[0]?.name ?? '';
  const agenda = agendaOf(
    service,
    site,
    watch.history,
    world.settings.references,
    'ordered',
    world.clock.now(),
  );
  await look(world, watch, agenda);
  await watch.settled();
  return { watch, assessment: await assess(world, watch, order) };
}

async function watchOf(program: Composition, service: Service): Promise<Watch> {
  const watch = (await program.watches()).find(entry => entry.service === service);
  if (watch === undefined) throw new Error(`no watch of ${service.name}`);
  return watch;
}

/** Enters the one cycle at *plan*, with the audit in the transaction that starts the run. */
export async function carry(
  program: Composition,
  { watch }: Draft,
  order: Order,
  entry: Omit<AuditEntry, 'at'>,
): Promise<CycleReport> {
  const also: readonly Change[] = [{ kind: 'audit', entry: { ...entry, at: program.world.clock.now() } }];
  return cycle(program.world, watch, { depth: 'suspicious', order, also });
}

/** @returns the plan as a person reads it before saying yes */
export function planText(plan: Plan, service: Service, assessment: Assessment): string {
  const worst = worstCase(service, plan);
  const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
  const steps = plan.steps.map((step, index) => `  ${index + 1}. ${describeStep(step)}`);
  const refused = refusals(assessment.gate);
  return [
    `plan ${plan.id}: ${plan.kind} of ${plan.service} from ${plan.from} to ${plan.to}, epoch ${plan.baseEpoch} → ${plan.baseEpoch + 1}`,
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
