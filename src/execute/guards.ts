/**
 * What is asked again right before something is done: the run is still this process's, no person holds the service, no other epoch
 * is in force, the fence stands. An answer tells of the moment in which it was given, and a process that slept over it must not act
 * on it: then all is asked anew.
 */
import { holdInForce } from '../model/hold.ts';
import { claimOf } from '../model/plan.ts';
import { UnderstudyError } from '../ports/errors.ts';
import { HeldError, type Recheck, type StepContext, StepTimeoutError, SupersededError } from './context.ts';
import type { Execution } from './journal.ts';
import { stillFenced } from './steps/fence.ts';
import { stopwatch } from './stopwatch.ts';

/** Invariant 7. @throws HeldError when a person holds the service now */
export async function assertNotHeld({ store, service, clock }: Execution): Promise<void> {
  const { hold } = await store.service(service.name);
  const inForce = holdInForce(hold, clock.now());
  if (inForce !== null) throw new HeldError(inForce);
}

/**
 * Invariant 4. The flip is safe by itself; this keeps a runner that slept from fencing or promoting after somebody
 * else has taken the epoch. When DNS can't be read, nothing is done: without it there could be no flip either.
 * @throws SupersededError, ProviderError
 */
export async function assertEpochCurrent(execution: Execution, signal: AbortSignal): Promise<void> {
  const { service, plan, outside, run } = execution;
  const dns = await outside.dns(service.dns.provider);
  const view = await dns.read(service.dns.zone, service.dns.epochName, [], signal);
  const epoch = view.epoch?.epoch ?? 0;
  const mine = view.epoch?.owner === run.token;
  const claimed = claimOf(plan) !== null;
  if (view.epochSet !== null && view.epoch === null) {
    throw new SupersededError(
      `the epoch in DNS is not ours to understand: ${view.epochProblem ?? 'unknown text'}`,
    );
  }
  if (claimed ? mine && view.epoch?.claim !== undefined : mine || epoch === plan.baseEpoch) return;
  const wanted = claimed ? `the claim of this run is gone` : `this plan was made on epoch ${plan.baseEpoch}`;
  throw new SupersededError(
    `DNS holds epoch ${epoch} (active ${view.epoch?.active ?? 'none'}), ${wanted}: nothing more is done`,
  );
}

/**
 * Another process may have taken over the run of one that slept, and have ended it.
 * @throws LeaseLostError
 */
async function assertOurs({ store, lease, clock }: Execution): Promise<void> {
  await store.commit([], { lease, now: clock.now() });
}

/** All questions together take less, unless the process slept: a hoster that hangs is not waited for, a slow disk is, ms. */
const FRESH_MS = 20_000;

/** Two calls to a slow disk take less: asleep for longer, the fence that was asked for before may be gone, ms. */
const DISK_MS = 8000;

/** @returns how long the answers to these questions may be relied on since the first was asked, ms */
export function freshMs({ plan }: StepContext, what: readonly Recheck[]): number {
  const fence = what.includes('fence') ? plan.steps.find(step => step.kind === 'fence') : undefined;
  // A fence agent's check is given the time it is configured with.
  return FRESH_MS + (fence?.check?.limitMs ?? 0);
}

/**
 * Right before a write in a step: a power-off, the next part of a promotion, another try of the flip.
 * @throws HeldError, LeaseLostError; with `epoch` SupersededError and ProviderError, with `fence` `fence-lost` and ProviderError;
 *   StepTimeoutError when no answer came soon enough to be relied on
 */
export async function recheck(
  execution: Execution,
  context: StepContext,
  what: readonly Recheck[],
): Promise<void> {
  const since = stopwatch(context.clock);
  for (;;) {
    const age = stopwatch(context.clock);
    if (what.includes('epoch')) await assertEpochCurrent(execution, context.signal);
    if (what.includes('fence')) await assertFenceStands(context);
    const disk = stopwatch(context.clock);
    await assertNotHeld(execution);
    await assertOurs(execution);
    if (age() <= freshMs(context, what) && disk() <= DISK_MS) return;
    if (context.signal.aborted)
      throw new StepTimeoutError('the last look before a write', since(), false, null);
  }
}

/**
 * A lock can be lifted and a machine powered on while the standby is being promoted, and then both sites would serve.
 * @throws UnderstudyError `fence-lost`; ProviderError where a lock is the fence and can't be asked for
 */
async function assertFenceStands(context: StepContext): Promise<void> {
  for (const step of context.plan.steps) {
    if (step.kind !== 'fence' || (await stillFenced(step, context))) continue;
    throw new UnderstudyError({
      code: 'fence-lost',
      message: `the fence of ${step.site} (${step.method}) was taken away meanwhile: nothing more is done`,
      next: 'understudy status; the next look judges anew',
    });
  }
}
