/**
 * What follows from a step for the state: from a confirmed one, in the same transaction as its receipt; and what is made sure of
 * with its intent, since a crash may hide whether it was done. Pure.
 */
import { claimOf, type Plan, type Step } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Change, RivalClaim, Run, ServiceState } from '../model/state.ts';

/** @returns the changes to be committed with the receipt */
export function consequences(
  plan: Plan,
  run: Run,
  step: Step,
  state: ServiceState,
  now: number,
): readonly Change[] {
  if (step.kind !== 'flip' && step.kind !== 'claim') return [];
  const { nextEpoch } = step.change;
  const known = {
    epoch: nextEpoch.epoch,
    maxEpoch: Math.max(state.maxEpoch, nextEpoch.epoch),
    ...(state.rival === null ? {} : { rival: rivalAfter(plan, state.rival, now) }),
  };
  if (step.kind === 'claim') return [{ kind: 'service', service: plan.service, patch: known }];
  const patch = {
    ...known,
    active: nextEpoch.active,
    published: publishedBy(plan),
    // Invariant 11: a site that was failed over from stays out until a person clears it.
    ...(plan.kind === 'failover' && plan.from !== plan.to
      ? {
          quarantined: [
            ...state.quarantined.filter(entry => entry.site !== plan.from),
            { site: plan.from, since: now, run: run.id },
          ],
        }
      : {}),
  };
  return [
    { kind: 'service', service: plan.service, patch },
    { kind: 'run', run: { ...run, flipped: true } },
  ];
}

/** A claim of ours has waited for the last deed of whom it superseded; where only addresses changed the next claim must. */
function rivalAfter(plan: Plan, rival: RivalClaim, now: number): RivalClaim | null {
  return claimOf(plan) !== null ? null : { ...rival, until: now + rival.stepMs };
}

/** The kind of step that takes the epoch from whoever holds it. */
function firstChange(plan: Plan): Step['kind'] {
  return claimOf(plan)?.kind ?? 'flip';
}

/**
 * Before a change over another's claim is tried: whether and when it lands, a crash may hide. Until its limit and the other's
 * longest deed are over, every claim of ours waits for that deed anew.
 * @returns what is committed with the intent
 */
export function precautions(plan: Plan, step: Step, { rival }: ServiceState, now: number): readonly Change[] {
  if (step.kind !== firstChange(plan) || rival === null) return [];
  const until = now + step.limitMs + rival.stepMs;
  return [{ kind: 'service', service: plan.service, patch: { rival: { ...rival, until } } }];
}

function publishedBy(plan: Plan): readonly Family[] {
  for (const step of plan.steps) if (step.kind === 'verify') return step.families;
  return [];
}
