/** Gate rows about the epoch in DNS: who has it, what the plan was built on, what it makes of it. */
import { EPOCH_MOST } from '../../model/epoch.ts';
import { claimOf, type ClaimStep, type FlipStep, type Plan, type Step } from '../../model/plan.ts';
import { claimInForce } from '../view.ts';
import { type Finding, found, type GateContext, moves } from './finding.ts';

/** Invariant 1, where several installations watch over one service. The claim is of the epoch alone: the service stays where it is. */
export function claimFirst({ plan }: GateContext): Finding {
  if (!moves(plan.kind)) return found(true, 'the site stays', 'n/a');
  const wanted = 'one claim, at first';
  const [claim, another] = plan.steps.filter(step => step.kind === 'claim');
  if (claim === undefined) return found(false, 'no claim', wanted);
  if (another !== undefined) return found(false, 'several claims', wanted);
  if (plan.steps[0] !== claim) return found(false, 'a claim after other steps', wanted);
  const { nextEpoch, upserts, deletes } = claim.change;
  if (upserts.length > 0 || deletes.length > 0 || nextEpoch.active !== plan.from)
    return found(false, 'a claim that changes more than the epoch', wanted);
  if (nextEpoch.claim === undefined) return found(false, 'a claim that nobody would see', wanted);
  const long = nextEpoch.claim.stepS * 1000 >= longestDeedMs(plan.steps);
  return found(long, long ? 'one claim' : 'a claim that others would not wait long enough for', wanted);
}

function longestDeedMs(steps: readonly Step[]): number {
  return Math.max(0, ...steps.filter(acts).map(step => step.limitMs));
}

/** Whether it does something at a site: a wait does nothing there. */
function acts(step: Step): boolean {
  return step.kind === 'fence' ? step.method !== 'wait' : ACTING.has(step.kind);
}

const ACTING: ReadonlySet<Step['kind']> = new Set(['quiesce', 'catch-up', 'promote']);

/** A plan is tied to what stands in DNS by its first change; what the second one replaces is the claim that the first has made. */
export function epochCurrent({ plan, inventory }: GateContext): Finding {
  const view = inventory.zone?.view;
  const flip = plan.steps.find(step => step.kind === 'flip');
  if (view === undefined || flip === undefined) return found(false, 'unread', String(plan.baseEpoch));
  const claim = claimOf(plan);
  const expected = (claim ?? flip).change.expectEpoch;
  const same =
    (view.epoch?.epoch ?? 0) === plan.baseEpoch &&
    expected !== 'claimed' &&
    (view.epochSet?.values.join() ?? null) === (expected?.values.join() ?? null);
  return found(
    same && raised(plan, flip, claim),
    `${view.epoch?.epoch ?? 0} → ${flip.change.nextEpoch.epoch}`,
    `${plan.baseEpoch} → ${plan.baseEpoch + (claim === null ? 1 : 2)}`,
  );
}

/** By one with each change, and not claimed any more after the last. */
function raised({ baseEpoch, to }: Plan, flip: FlipStep, claim: ClaimStep | null): boolean {
  const { nextEpoch, expectEpoch } = flip.change;
  if (nextEpoch.epoch > EPOCH_MOST) return false;
  if (nextEpoch.active !== to || nextEpoch.claim !== undefined) return false;
  if (claim === null) return nextEpoch.epoch === baseEpoch + 1;
  const first = claim.change.nextEpoch.epoch;
  return expectEpoch === 'claimed' && first === baseEpoch + 1 && nextEpoch.epoch === first + 1;
}

/** Invariant 1 as well: who has taken the epoch may be fencing or promoting at this very moment. */
export function notClaimed({ plan, inventory, now }: GateContext): Finding {
  const busy = claimInForce(inventory.state, now);
  if (busy !== null) return found(false, busy.owner, 'nobody');
  const { rival } = inventory.state;
  // A change of addresses does nothing at a site.
  if (rival === null || !moves(plan.kind)) return found(true, 'nobody', 'nobody');
  const claim = claimOf(plan);
  const waits = claim !== null && claim.settleMs >= rival.stepMs;
  return found(
    waits,
    `${rival.owner}, ${waits ? 'waited for' : 'and its last deed is not waited for'}`,
    'nobody',
  );
}
