/**
 * Somebody edits the plan that waits for approval, in the state itself. The gate is the last that could see it, so each of
 * its rows that a sound planner never breaks is broken here once.
 */
import type { Plan, Step } from '../model/plan.ts';
import type { ServiceState } from '../model/state.ts';
import type { Happening } from './script.ts';
import type { SimulatedWorld } from './world/world.ts';

type Edit = (plan: Plan, state: ServiceState) => Plan;

const withSteps =
  (edit: (steps: readonly Step[]) => readonly Step[]): Edit =>
  plan => ({ ...plan, steps: edit(plan.steps) });
const withFlip = (edit: (step: Extract<Step, { kind: 'flip' }>) => Step): Edit =>
  withSteps(steps => steps.map(step => (step.kind === 'flip' ? edit(step) : step)));

/** By the code of the gate's row. */
export const EDITS: Readonly<Record<string, Edit>> = {
  hash: plan => ({ ...plan, hash: plan.hash.replace(/^./, first => (first === '0' ? '1' : '0')) }),
  'claim-first': withSteps(steps => steps.filter(step => step.kind !== 'claim')),
  'fence-first': withSteps(steps => steps.filter(step => step.kind !== 'fence' && step.kind !== 'quiesce')),
  'fenced-target': withSteps(steps =>
    steps.map(step => (step.kind === 'promote' ? { ...step, site: 'nowhere' } : step)),
  ),
  'one-flip': withSteps(steps =>
    steps.flatMap((step): readonly Step[] => (step.kind === 'flip' ? [step, step] : [step])),
  ),
  'check-first': withSteps(steps => steps.filter(step => step.kind !== 'check')),
  'owned-records': withFlip(step => ({
    ...step,
    change: {
      ...step.change,
      upserts: step.change.upserts.map(set => ({ ...set, name: 'bank.example.org' })),
    },
  })),
  'blast-radius': withFlip(step => ({
    ...step,
    change: {
      ...step.change,
      upserts: [...step.change.upserts, ...step.change.upserts, ...step.change.upserts],
    },
  })),
  'target-records': withFlip(step => ({
    ...step,
    change: {
      ...step.change,
      upserts: step.change.upserts.map(set => ({ ...set, values: ['192.0.2.66'] })),
    },
  })),
  epoch: withFlip(step => ({
    ...step,
    change: {
      ...step.change,
      nextEpoch: { ...step.change.nextEpoch, epoch: step.change.nextEpoch.epoch + 5 },
    },
  })),
  source: plan => ({ ...plan, from: 'nowhere' }),
  expired: plan => ({ ...plan, expiresAt: plan.createdAt }),
  config: plan => ({ ...plan, basis: plan.hash }),
  'rolled-back': plan => ({ ...plan, baseEpoch: plan.baseEpoch - 1 }),
  quarantine: (plan, { quarantined: [out] }) => ({ ...plan, to: out?.site ?? plan.to }),
};

/** A plan cannot be replaced under its id, so the edited one takes its place under another. */
export async function tamper(
  world: SimulatedWorld,
  { station, service, row }: Extract<Happening, { readonly kind: 'tamper' }>,
): Promise<void> {
  const { disk } = world.station(station);
  const [waiting] = await disk.proposed(service);
  const edit = EDITS[row];
  if (waiting === undefined || edit === undefined) return;
  const plan = { ...edit(waiting.plan, await disk.service(service)), id: `${waiting.plan.id}-edited` };
  await disk.commit([
    { kind: 'plan-status', plan: waiting.plan.id, status: 'void' },
    { kind: 'plan', plan, status: 'proposed' },
  ]);
}
