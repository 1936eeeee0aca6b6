/** `failover`, `switchover` and `plan`: look and draft, changing nothing; then carry out just what was shown. */
import type { Plan } from '../model/plan.ts';
import type { Service } from '../model/service.ts';
import type { AuditEntry, Change } from '../model/state.ts';
import type { Request } from '../plan/view.ts';
import { agendaOf } from '../reconcile/agenda.ts';
import { type Assessment, assess, type Order } from '../reconcile/assess.ts';
import { type CycleReport, cycle } from '../reconcile/cycle.ts';
import type { Program } from '../reconcile/daemon.ts';
import { look } from '../reconcile/look.ts';
import type { Watch } from '../reconcile/watch.ts';

export interface Draft {
  readonly watch: Watch;
  /** Its `plan` is what a person is asked about; its `standing`, when there is one, is why it is not to be done. */
  readonly assessment: Assessment;
}

/**
 * Looks at everything that a plan needs and drafts it, changing nothing.
 * @param service one of the program's settings, by identity
 * @throws StoreError
 */
export async function draft(program: Program, service: Service, order: Order): Promise<Draft> {
  const { world } = program;
  const watch = await watchOf(program, service);
  const { active, maxEpoch } = await world.store.service(service.name);
  // A lower epoch in the zone is then seen for what it is, a roll-back.
  watch.knowEpoch(maxEpoch);
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

async function watchOf(program: Program, service: Service): Promise<Watch> {
  const watch = (await program.watches()).find(entry => entry.service === service);
  if (watch === undefined) throw new Error(`no watch of ${service.name}`);
  return watch;
}

/**
 * Enters the one cycle at *plan*, with the audit in the transaction that starts the run.
 * @returns the report of the cycle: its run, or what stands against it by now
 * @throws StoreError, LeaseLostError
 */
export async function carry(
  program: Program,
  { watch }: Draft,
  order: Order,
  entry: Omit<AuditEntry, 'at'>,
): Promise<CycleReport> {
  const also: readonly Change[] = [{ kind: 'audit', entry: { ...entry, at: program.world.clock.now() } }];
  return cycle(program.world, watch, { depth: 'suspicious', order, also });
}

/** The look of `failover` and `switchover`, and with no request of a `plan` that nobody asked for by name. */
export function draftMove(program: Program, service: Service, request: Request | null): Promise<Draft> {
  return draft(program, service, { request, approved: null });
}

/**
 * Carries out the plan that the person said yes to, to the byte: not one drafted anew meanwhile. It is gated once more.
 * @param plan that of `drafted`
 */
export function carryMove(
  program: Program,
  drafted: Draft,
  plan: Plan,
  request: Request,
): Promise<CycleReport> {
  const order: Order = { request: null, approved: { plan, by: request.operator } };
  return carry(program, drafted, order, {
    operator: request.operator,
    action: request.kind,
    service: plan.service,
    reason: request.reason,
    overrides: request.overrides,
    detail: `to ${plan.to}`,
  });
}
