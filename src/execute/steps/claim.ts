/**
 * Takes the epoch in DNS for the run before it touches any site. Each installation has a lease of its own, which says nothing to
 * the other; the zone they share, and of two that want to move the service at once only one gets the epoch. From then on
 * every deed of the other is refused by its own look at the epoch.
 */
import type { ClaimStep } from '../../model/plan.ts';
import type { Receipt } from '../../model/state.ts';
import { type StepContext, type StepHandler, StepTimeoutError } from '../context.ts';
import { isInForce, swap, written } from './swap.ts';

export const claim: StepHandler<ClaimStep> = {
  // The swap itself is the guard.
  guarded: false,
  async settled(step, context) {
    // Cut short before the other's last deed was surely over: the wait begins anew.
    if (step.settleMs > 0) return null;
    const { service, outside } = context;
    const dns = await outside.dns(service.dns.provider);
    const view = await dns.read(service.dns.zone, step.change.epochName, [], context.signal);
    return isInForce(view.epoch, written(step.change, context)) ? receipt(step) : null;
  },
  async act(step, context) {
    await swap(step.change, step.limitMs, 'the claim', context);
    if (step.settleMs > 0) {
      context.output(
        `a run of another installation is superseded; its last deed is given ${step.settleMs / 1000} s to end`,
      );
      await context.clock.sleep(step.settleMs, context.signal);
      // Whatever becomes of the wait, the claim is in the zone.
      if (context.signal.aborted)
        throw new StepTimeoutError('the claim with its wait', step.limitMs, true, null);
    }
    return receipt(step);
  },
};

function receipt({ change: { nextEpoch } }: ClaimStep): Receipt {
  return {
    confirmedBy: 'read-back',
    summary: `epoch ${nextEpoch.epoch} is this run's: no other may move the service meanwhile`,
    facts: { epoch: nextEpoch.epoch, active: nextEpoch.active },
  };
}

/** For giving an epoch back, ms. */
const RELEASE_MS = 10_000;

/**
 * A run that is over and has not flipped lets others know at once, who would wait for it otherwise. As best it can: one write,
 * and nothing is lost if it fails but their time.
 */
export async function release(step: ClaimStep, context: StepContext): Promise<void> {
  const { service, outside, run, clock } = context;
  const limit = clock.deadline(RELEASE_MS);
  try {
    const dns = await outside.dns(service.dns.provider);
    const { epochName, ttlS } = step.change;
    const { epoch, epochSet } = await dns.read(service.dns.zone, epochName, [], limit.signal);
    if (epoch?.owner !== run.token || epoch.claim === undefined) return;
    const nextEpoch = { epoch: epoch.epoch + 1, active: epoch.active };
    const change = { epochName, ttlS, expectEpoch: epochSet, nextEpoch, upserts: [], deletes: [] };
    await dns.swap(service.dns.zone, change, { ...nextEpoch, owner: run.token }, limit.signal);
  } catch {
    // Others wait for as long as the claim says.
  } finally {
    limit.done();
  }
}
