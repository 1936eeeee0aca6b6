/**
 * Keeps the old site from serving or writing. Nothing counts but what was read back: an API's 201 is a promise
 * (hcloud-fip-controller#36), a provider lock is asked for again, a fence agent has a check of its own.
 */
import type { FenceStep } from '../../model/plan.ts';
import { FAMILIES } from '../../model/sample.ts';
import type { Receipt } from '../../model/state.ts';
import { asError, UnderstudyError } from '../../ports/errors.ts';
import { type StepContext, type StepHandler, siteOf } from '../context.ts';
import { runCommand, tryCommand } from './command.ts';
import { stopwatch } from '../stopwatch.ts';
import { type FamilyLook, lookAt } from './look.ts';

type Method = FenceStep['method'];

/** Is the site fenced now? `null`: no, or it can't be told. */
const SETTLED: Readonly<Record<Method, (step: FenceStep, context: StepContext) => Promise<Receipt | null>>> =
  {
    'power-off': async (step, context) => {
      const reading = await describe(step, context);
      return reading.power === 'off' ? { confirmedBy: 'read-back', summary: `${step.site} is off` } : null;
    },
    'provider-lock': async (step, context) => {
      const { blocked } = await describe(step, context);
      const all = step.families.length > 0 && step.families.every(family => blocked[family] === true);
      return all
        ? {
            confirmedBy: 'read-back',
            summary: `${step.site} is locked by its hoster in ${step.families.join(' and ')}`,
          }
        : null;
    },
    command: async (step, context) => {
      if (step.check === null) return null;
      const { status } = await tryCommand(context, step.site, { kind: 'local' }, step.check);
      return status === 0
        ? { confirmedBy: 'exit-status', summary: `the fence check says ${step.site} is fenced` }
        : null;
    },
    wait: async () => null,
  };

const ACT: Readonly<Record<Method, (step: FenceStep, context: StepContext) => Promise<void>>> = {
  'power-off': async (step, context) => {
    const host = await context.outside.host(named(step.provider, step, context));
    const mayAct = () => context.recheck('epoch');
    await host.powerOff(named(step.server, step, context), context.signal, mayAct);
  },
  'provider-lock': async () => {},
  command: async (step, context) => {
    if (step.run === null) throw unconfirmed(step, context, 'no fence command is configured');
    // Fence agents run here: the site they fence is the one that can't be trusted to answer.
    await runCommand(context, step.site, { kind: 'local' }, step.run, 'the fence command');
  },
  wait: waitOut,
};

/** So often the site is looked at while it is waited for, ms. */
const LOOK_MS = 2000;
/** A site that was not looked at for longer may have got its lease anew meanwhile, ms: a look, and a busy machine's lateness. */
const GAP_MS = 3000;

/**
 * A site gives itself up without contact. One that answers has contact: it has kept its lease or got it anew, and the wait
 * proves nothing, whether a person ordered the failover of a site that is well or the site came back meanwhile.
 * A look at a site that hangs takes all its time: the next does not wait for it, or a site that comes back for so long would not
 * be seen.
 */
async function waitOut(step: FenceStep, context: StepContext): Promise<void> {
  const { clock, signal } = context;
  const pace = lookPace(step, context);
  const looks: Promise<void>[] = [];
  const refusals: Error[] = [];
  for (;;) {
    // The last look is begun when the wait is over: a process that is stopped in the middle of an earlier one hears of that time only.
    const until = pace();
    const isLast = clock.monotonic() >= until;
    const looked = assertSilent(step, context).catch((thrown: unknown) => {
      refusals.push(asError(thrown));
    });
    looks.push(looked);
    if (isLast || signal.aborted) break;
    await clock.sleep(Math.min(until - clock.monotonic(), LOOK_MS), signal);
    if (refusals.length > 0) break;
  }
  await Promise.all(looks);
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
}

/**
 * Asked when a look begins. One that begins late (the process was stopped, the machine slept) begins the wait anew: of the time
 * between, nothing is known.
 * @returns when the wait is over, on the monotonic clock
 */
function lookPace(step: FenceStep, { clock }: StepContext): () => number {
  let gap = stopwatch(clock);
  let until = clock.monotonic() + step.waitMs;
  return () => {
    if (gap() > GAP_MS) until = clock.monotonic() + step.waitMs;
    gap = stopwatch(clock);
    return until;
  };
}

/**
 * One look, in each family in which a required probe is asked.
 * @throws UnderstudyError `fence-unconfirmed`
 */
async function assertSilent(step: FenceStep, context: StepContext): Promise<void> {
  const site = siteOf(context, step.site);
  const own = FAMILIES.filter(family => site.addresses[family] !== undefined);
  const looks = await lookAt(context, site, own);
  const answering = looks.find(({ asked, failing }) => failing.length < asked);
  if (answering !== undefined)
    throw unconfirmed(step, context, `it answers in ${answering.family}, so it has not given itself up`);
  const blind = looks.find(({ sees }) => sees !== true);
  if (blind !== undefined) throw unconfirmed(step, context, `${unseen(blind)}, and it may answer there`);
}

function unseen({ family, sees }: FamilyLook): string {
  return sees === null ? `no reference tells whether our own ${family} is up` : `our own ${family} is down`;
}

/** A run that has come to its fence within that time rests on a look that is new enough, ms. */
const RECENT_MS = 15_000;

/**
 * Claim and snapshot may have taken a minute, on a slow disk or with a slow DNS, in which the site may have come back: a run that
 * no person ordered looks once more before it cuts off what serves. Where our own network is down by now, it can't know.
 * @throws UnderstudyError `site-well`, `site-unseen`
 */
async function assertStillUnwell(step: FenceStep, context: StepContext): Promise<void> {
  const { run, service, clock } = context;
  const site = siteOf(context, step.site);
  if (!run.automatic || Math.abs(clock.now() - run.startedAt) < RECENT_MS) return;
  const looks = await lookAt(context, site, service.essential);
  const unwell = looks.filter(({ failing }) => failing.length > 0);
  // A probe that hangs takes its time, in which a person may have put a hold on.
  if (unwell.some(({ sees }) => sees === true)) return context.recheck('epoch');
  const [blind] = unwell;
  if (blind === undefined)
    throw new UnderstudyError({
      code: 'site-well',
      message: `${step.site} is well again: it was not fenced, and nothing was promoted`,
      next: `nothing: ${service.name} stays where it is; see \`understudy status\``,
    });
  throw new UnderstudyError({
    code: 'site-unseen',
    message: `${unseen(blind)}, so whether ${step.site} is still unwell can't be told: it was not fenced, and nothing was promoted`,
    retriable: true,
    next: `see to this runner's network; ${service.name} is judged anew`,
  });
}

export const fence: StepHandler<FenceStep> = {
  guarded: true,
  settled: (step, context) => SETTLED[step.method](step, context),
  async act(step, context) {
    await assertStillUnwell(step, context);
    await ACT[step.method](step, context);
    if (step.method === 'wait') {
      if (context.signal.aborted) throw unconfirmed(step, context, 'the wait was cut short');
      return {
        confirmedBy: 'clock',
        summary: `waited ${step.waitMs / 1000} s for ${step.site} to give itself up`,
      };
    }
    const receipt = await SETTLED[step.method](step, context);
    if (receipt !== null) return receipt;
    throw unconfirmed(
      step,
      context,
      step.method === 'provider-lock' ? 'the lock is gone or not complete' : 'it could not be read back',
    );
  },
};

/**
 * Whether what was confirmed holds. Who cut the power or ran the agent was us, so when that can't be asked now it is taken to
 * be as it was read back, unless a look has seen the machine running since; a lock is another's, who may lift it at any time.
 * A wait has looked at the site all along.
 * @throws ProviderError where a lock can't be asked for
 */
export async function stillFenced(step: FenceStep, context: StepContext): Promise<boolean> {
  if (step.method === 'wait') return true;
  if (step.method === 'power-off') return isStillOff(step, context);
  const age = stopwatch(context.clock);
  try {
    const first = await SETTLED[step.method](step, context);
    return (age() <= ONCE_MORE_MS ? first : await SETTLED[step.method](step, context)) !== null;
  } catch (thrown) {
    if (step.method === 'provider-lock') throw thrown;
    return true;
  }
}

/** A hoster that hangs is not waited for: the rest of the answers would grow old, ms. */
const QUESTION_MS = 10_000;
/** A question that gets an answer at all gets it sooner, ms. */
const ONCE_MORE_MS = 3000;

/** One that we slept over ends as one that nobody answered, or with what was so before: then it is asked once more, for a short while. */
async function isStillOff(step: FenceStep, context: StepContext): Promise<boolean> {
  const age = stopwatch(context.clock);
  const first = await isOffWithin(QUESTION_MS, step, context);
  if (first !== null && age() <= ONCE_MORE_MS) return first;
  const again = await isOffWithin(ONCE_MORE_MS, step, context);
  return again ?? (first !== false && !context.runningAgain(step.site));
}

/** @returns null where it can't be told */
async function isOffWithin(ms: number, step: FenceStep, context: StepContext): Promise<boolean | null> {
  const { signal, done } = context.clock.deadline(ms, context.signal);
  try {
    return (await SETTLED[step.method](step, { ...context, signal })) !== null;
  } catch {
    return null;
  } finally {
    done();
  }
}

async function describe(step: FenceStep, context: StepContext) {
  const host = await context.outside.host(named(step.provider, step, context));
  return host.describe(named(step.server, step, context), context.signal);
}

function named(value: string | null, step: FenceStep, context: StepContext): string {
  if (value !== null) return value;
  throw unconfirmed(step, context, 'the site has no provider and server to ask');
}

function unconfirmed(step: FenceStep, { service }: StepContext, why: string): UnderstudyError {
  return new UnderstudyError({
    code: 'fence-unconfirmed',
    message: `the fence of ${step.site} (${step.method}) is not confirmed: ${why}; nothing was promoted`,
    retriable: true,
    next: `see to it that ${step.site} is off, then \`understudy failover ${service.name} --skip-fence --reason "…"\``,
  });
}
