/**
 * The one write that moves people: a compare-and-swap on the epoch in DNS that carries the addresses. What it replaces is this
 * run's own claim exactly as it stands in the zone, or, where nothing but addresses change, the epoch that was planned on.
 */
import type { EpochRecord } from '../../model/epoch.ts';
import type { FlipStep, GuardedChange } from '../../model/plan.ts';
import type { Receipt } from '../../model/state.ts';
import { type StepContext, type StepHandler, SupersededError } from '../context.ts';
import { stopwatch } from '../stopwatch.ts';
import { isInForce, shown, swap, written } from './swap.ts';

/** A reading of the zone that takes longer than this leaves time for the world to change, ms. */
const SLOW_MS = 3000;

export const flip: StepHandler<FlipStep> = {
  // The swap itself is the guard.
  guarded: false,
  async settled(step, context) {
    const { service, outside } = context;
    const dns = await outside.dns(service.dns.provider);
    const view = await dns.read(service.dns.zone, step.change.epochName, service.dns.records, context.signal);
    const ours = written(step.change, context);
    return isInForce(view.epoch, ours) ? receipt(context, ours, null) : null;
  },
  async act(step, context) {
    const age = stopwatch(context.clock);
    const change = await guarded(step, context);
    // A zone that is slow to be read: by then the fence, which was asked for before, may be gone.
    if (age() > SLOW_MS) await context.recheck('fence');
    const { epoch, changeId } = await swap(change, step.limitMs, 'the flip', context, 'fence');
    return receipt(context, epoch, changeId);
  },
};

/** @throws SupersededError when the run's claim is not in the zone any more, ProviderError */
async function guarded(
  { change: { expectEpoch, ...change } }: FlipStep,
  { service, outside, run, signal }: StepContext,
): Promise<GuardedChange> {
  if (expectEpoch !== 'claimed') return { ...change, expectEpoch };
  const dns = await outside.dns(service.dns.provider);
  const { epoch, epochSet } = await dns.read(service.dns.zone, change.epochName, [], signal);
  if (epoch?.owner === run.token && epoch.epoch === change.nextEpoch.epoch - 1)
    return { ...change, expectEpoch: epochSet };
  throw new SupersededError(
    `the flip was not made: DNS holds ${shown(epochSet)}, and no more the claim of this run; nothing was changed`,
  );
}

function published({ plan }: StepContext): readonly string[] {
  return plan.steps.flatMap(step => (step.kind === 'verify' ? step.families : []));
}

function receipt(context: StepContext, epoch: EpochRecord, changeId: string | null): Receipt {
  const { records } = context.service.dns;
  return {
    confirmedBy: 'read-back',
    summary: `${records.join(', ')} now answers with ${epoch.active} in ${published(context).join(' and ')} (epoch ${epoch.epoch})`,
    facts: { epoch: epoch.epoch, active: epoch.active, ...(changeId === null ? {} : { changeId }) },
  };
}
