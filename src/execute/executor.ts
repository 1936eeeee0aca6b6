/**
 * Runs one plan, step by step: journal the intent, act, confirm, journal the receipt. It has no choices left to
 * make but one, and that one is about safety: on resume, what the journal says was done is asked of the world
 * again, and a run of which nothing was done is abandoned, because the world may have changed since.
 */
import { claimOf, finalEpoch, type Plan, type Step } from '../model/plan.ts';
import type { Receipt, Run } from '../model/state.ts';
import { asError, LeaseLostError, StoreError, UnderstudyError } from '../ports/errors.ts';
import { basisOf } from '../plan/hash.ts';
import { aftermath, isCalledOff, leftBehind } from './aftermath.ts';
import { HeldError, type Recheck, SupersededError } from './context.ts';
import { assertEpochCurrent, assertNotHeld, freshMs, recheck } from './guards.ts';
import { type Execution, Journal, MARKING } from './journal.ts';
import { release } from './steps/claim.ts';
import { handlerOf } from './steps/registry.ts';
import { stopwatch } from './stopwatch.ts';

/**
 * @returns the run as it ended, or as it stands when a hold or a stop signal interrupted it
 * @throws LeaseLostError when another runner took over, StoreError when the journal can't be written: both stop at once
 */
export async function execute(execution: Execution): Promise<Run> {
  const journal = await Journal.open(execution);
  const { plan } = execution;
  try {
    await recogniseFlip(execution, journal);
    const outdated = reasonNotToResume(execution, journal);
    if (outdated !== null) return await giveUp(execution, journal, 'abandoned', () => outdated);
    for (const [index, step] of plan.steps.entries()) {
      const verdict = await runStep(execution, journal, index, step);
      if (verdict === 'next') continue;
      const { status, note } = verdict;
      if (status === 'interrupted') return await journal.end(status, note);
      return await giveUp(execution, journal, status, () => note);
    }
    return await journal.end('done', `${plan.to} is active, epoch ${finalEpoch(plan)}`);
  } catch (thrown) {
    if (thrown instanceof LeaseLostError || thrown instanceof StoreError) throw thrown;
    const error = asError(thrown);
    if (error instanceof HeldError) return await journal.end('interrupted', error.message);
    if (error instanceof SupersededError) return await superseded(journal, plan, error);
    if (execution.stop.aborted) return await journal.end('interrupted', TOLD_TO_STOP);
    if (inDoubt(journal, error))
      return await journal.end('interrupted', `${error.message}; DNS is asked again`);
    return await giveUp(
      execution,
      journal,
      isCalledOff(error) ? 'abandoned' : 'failed',
      () => `${error.message}${aftermath(journal, plan, error)}`,
    );
  } finally {
    await journal.settle();
  }
}

/**
 * A flip that may have been applied, and nobody could say so: a run given up here would leave the service moved without
 * its old site in quarantine. The run stays open; the next one reads the zone and knows by the token.
 */
function inDoubt(journal: Journal, error: UnderstudyError): boolean {
  return journal.reached('flip') && !journal.flipped && error.applied === 'unknown';
}

/** One read of the zone, ms. */
const LAST_LOOK_MS = 15_000;

/** Ends a run for good. A flip that was in doubt is asked for a last time: DNS may do late what it was asked to. */
async function giveUp(
  execution: Execution,
  journal: Journal,
  status: 'failed' | 'abandoned',
  note: () => string,
): Promise<Run> {
  const limit = execution.clock.deadline(LAST_LOOK_MS, execution.stop);
  try {
    await recogniseFlip(execution, journal);
    // Another epoch by now: whether ours was ever in force can't be told any more.
    if (journal.resumed && journal.reached('flip') && !journal.flipped)
      await assertEpochCurrent(execution, limit.signal);
  } catch (thrown) {
    if (thrown instanceof LeaseLostError || thrown instanceof StoreError) throw thrown;
    if (thrown instanceof SupersededError) return await superseded(journal, execution.plan, thrown);
    return await journal.end('interrupted', `${asError(thrown).message}; DNS is asked again`);
  } finally {
    limit.done();
  }
  if (journal.flipped) return journal.end('unverified', note());
  const ended = await journal.end(status, note());
  await giveBack(execution, journal);
  return ended;
}

/**
 * Only when the end is written down: nobody goes on with the run any more, and whoever begins another takes its claim out of the
 * zone first, so that what a sleeper gives back late is refused. A claim that has not waited for the deeds of whom it superseded
 * stands: it keeps others off.
 */
async function giveBack({ plan }: Execution, journal: Journal): Promise<void> {
  const step = claimOf(plan);
  if (step === null) return;
  const index = plan.steps.indexOf(step);
  if (journal.begun(index) && (step.settleMs === 0 || journal.receiptAt(index) !== null))
    await release(step, journal.context(index, step));
}

/** A flip that landed just before the crash decides everything: it is asked for first, whatever else has changed since. */
async function recogniseFlip(execution: Execution, journal: Journal): Promise<void> {
  if (!journal.resumed || journal.flipped) return;
  const index = execution.plan.steps.findIndex(step => step.kind === 'flip');
  const step = execution.plan.steps[index];
  if (step === undefined || !journal.begun(index)) return;
  try {
    const receipt = await handlerOf(step).settled(step, journal.context(index, step));
    if (receipt !== null) await journal.receipt(index, step, receipt);
  } catch (thrown) {
    // Without an answer the run can neither go on nor be given up: it stays open.
    if (thrown instanceof LeaseLostError || thrown instanceof StoreError) throw thrown;
    const cause = asError(thrown);
    throw new UnderstudyError({
      code: cause.code,
      message: cause.message,
      retriable: true,
      applied: 'unknown',
      cause,
    });
  } finally {
    journal.done(index);
  }
}

const TOLD_TO_STOP = 'told to stop; the next run goes on from here';

/**
 * Between the crash and now hours may lie: the fence may have been lifted, the standby's probes are of another time, and the
 * standby itself may have stepped down again. What has no post-check can't be asked, and is not done twice on a guess.
 */
function isAskedAgain(journal: Journal, step: Step): boolean {
  if (!journal.resumed || journal.flipped) return false;
  if (step.kind === 'promote') return step.parts.every(({ check }) => check !== null);
  return step.kind === 'fence' || step.kind === 'check';
}

type StepEnd = 'next' | { readonly status: 'interrupted' | 'abandoned' | 'failed'; readonly note: string };

async function runStep(execution: Execution, journal: Journal, index: number, step: Step): Promise<StepEnd> {
  const handler = handlerOf(step);
  const context = journal.context(index, step);
  let acting = false;
  try {
    const known = journal.receiptAt(index);
    if (known !== null && !isAskedAgain(journal, step)) return 'next';
    if (execution.stop.aborted) return { status: 'interrupted', note: TOLD_TO_STOP };
    if (!journal.flipped) await assertNotHeld(execution);
    if (journal.resumed && (known !== null || journal.begun(index))) {
      const settled = await handler.settled(step, context);
      if (settled !== null) {
        if (known === null) await journal.receipt(index, step, settled);
        return 'next';
      }
    }
    const outdated = outdatedAt(journal, step, known);
    if (outdated !== null) {
      const { status, note } = outdated;
      return { status, note: `${note}${aftermath(journal, execution.plan, FENCE_LOST)}` };
    }
    const asks = asksOf(step, handler.guarded);
    const age = stopwatch(execution.clock);
    if (!journal.flipped) await recheck(execution, context, asks);
    await journal.intent(index, step);
    const late = tooLate(execution, journal, step);
    if (late !== null) return { status: 'abandoned', note: late };
    // The disk may have been slow, or the process stopped.
    if (!journal.flipped && age() > freshMs(context, asks)) await recheck(execution, context, asks);
    acting = true;
    const receipt = await handler.act(step, context);
    acting = false;
    await journal.receipt(index, step, receipt);
    return 'next';
  } catch (thrown) {
    if (!(isNoFailure(thrown) || execution.stop.aborted)) {
      await journal.error(index, step, asError(thrown), acting);
    }
    throw thrown;
  } finally {
    journal.done(index);
  }
}

/** What is asked right before the step begins, besides for a hold and the lease. */
function asksOf({ kind }: Step, guarded: boolean): readonly Recheck[] {
  return [
    ...(guarded ? (['epoch'] as const) : []),
    ...(kind === 'promote' || kind === 'flip' ? (['fence'] as const) : []),
  ];
}

/** What ends a step without a failure of it: to be told by the run's end, or by nobody. */
function isNoFailure(thrown: unknown): boolean {
  return (
    thrown instanceof LeaseLostError ||
    thrown instanceof StoreError ||
    thrown instanceof HeldError ||
    isCalledOff(thrown)
  );
}

/**
 * Two reasons why a run that was cut short before its flip is over. Under another config the stored plan would write
 * what is no longer owned. And a switchover is somebody's, at a time of theirs: the old site may take writes again by now,
 * which a hand-over that goes on from the middle would lose.
 */
function reasonNotToResume({ plan, service }: Execution, journal: Journal): string | null {
  if (!journal.resumed || journal.flipped) return null;
  const left = aftermath(
    journal,
    plan,
    new UnderstudyError({ code: 'abandoned', message: '', applied: 'unknown' }),
  );
  if (basisOf(service) !== plan.basis)
    return `the config has changed since it was begun: to be judged anew${left}`;
  if (plan.kind === 'switchover')
    return `a switchover is not continued after it was cut short: order it anew${left}`;
  return null;
}

/**
 * A run that crashed before it left a mark is not continued: the site may be well again, and fencing it now would be
 * a wrong failover. Nor is one whose fence no longer holds (somebody has powered the old site on). Where nothing but a change
 * of DNS was tried, and the zone doesn't show it, the run has failed: the next waits as after any failure.
 */
function outdatedAt(journal: Journal, step: Step, known: Receipt | null): Exclude<StepEnd, 'next'> | null {
  if (!journal.resumed) return null;
  if (step.kind === 'fence' && known !== null) {
    return step.method === 'wait'
      ? null
      : { status: 'abandoned', note: `${step.site} is no longer fenced: to be judged anew` };
  }
  if (journal.marked || !MARKING.has(step.kind)) return null;
  return journal.reached('flip')
    ? { status: 'failed', note: 'the DNS change was in doubt, and the zone does not show it' }
    : { status: 'abandoned', note: 'it was cut short before it had done anything: to be judged anew' };
}

/** From its beginning a run of the program's own must come to its first mark within this, and the limits of the steps before, ms. */
const BEGUN_MOST_MS = 30_000;

/**
 * A process that slept after it had begun the run, or waited for another installation's last deed to end: the site may have been
 * well for an hour, and fencing it now would be a wrong failover. What a person has ordered goes on.
 */
function tooLate({ run, plan, clock }: Execution, journal: Journal, step: Step): string | null {
  if (journal.marked || !run.automatic || !MARKING.has(step.kind)) return null;
  const before = plan.steps.slice(0, plan.steps.indexOf(step));
  if (before.some(other => other.kind === 'claim' && other.settleMs > 0))
    return 'a run of another installation was waited out, and nothing done yet: to be judged anew';
  const mostMs = before.reduce((ms, { limitMs }) => ms + limitMs, BEGUN_MOST_MS);
  const late = Math.abs(clock.now() - run.startedAt) > mostMs;
  return late ? 'it was begun too long ago and had done nothing yet: to be judged anew' : null;
}

/** To tell what is left behind of a run that is not resumed because of its fence. */
const FENCE_LOST = new UnderstudyError({ code: 'fence-lost', message: '' });

/** Another's epoch is in force, and where the service is it will tell; of the sites that this one has touched it knows nothing. */
function superseded(journal: Journal, plan: Plan, { message }: SupersededError): Promise<Run> {
  const inDoubt = new UnderstudyError({ code: 'superseded', message, applied: 'unknown' });
  const left = journal.flipped ? [] : leftBehind(journal, plan, inDoubt);
  return journal.end('superseded', [message, ...left].join('; '));
}
