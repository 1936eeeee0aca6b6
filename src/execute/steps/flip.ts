/**
 * The one write that moves people: a compare-and-swap on the epoch in DNS. Repeating it is safe only because the
 * epoch must still be as it was read and the run's token tells whose change is in force.
 */
import type { EpochRecord } from '../../model/epoch.ts';
import type { FlipStep } from '../../model/plan.ts';
import type { RecordSet } from '../../model/signal.ts';
import type { Receipt } from '../../model/state.ts';
import { asError, UnderstudyError } from '../../ports/errors.ts';
import type { DnsProvider } from '../../ports/providers.ts';
import { type StepContext, type StepHandler, StepTimeoutError, SupersededError } from '../context.ts';

/** First pause after a refusal that did nothing (throttling, a change before ours still in work), doubled each time. */
const RETRY_MS = 500;
const RETRY_MOST_MS = 8000;
/** For reading the token back, ms. */
const READ_BACK_MS = 5000;

export const flip: StepHandler<FlipStep> = {
  // The swap itself is the guard.
  guarded: false,
  async settled(step, context) {
    const { service, outside } = context;
    const dns = await outside.dns(service.dns.provider);
    const view = await dns.read(service.dns.zone, step.change.epochName, service.dns.records, context.signal);
    return view.epoch?.owner === context.run.token ? receipt(context, view.epoch, null) : null;
  },
  async act(step, context) {
    const { service, outside, run } = context;
    const dns = await outside.dns(service.dns.provider);
    const next: EpochRecord = { ...step.change.nextEpoch, owner: run.token };
    let pause = RETRY_MS;
    let doubt = false;
    for (let attempts = 0; ; attempts += 1) {
      // A retry is a new write: a hold that was set meanwhile wins. In doubt too: the run stays open, and DNS is asked first.
      if (attempts > 0) await context.recheck('hold');
      const outcome = await attempt(dns, step, context, next);
      if (outcome.done) return receipt(context, next, outcome.changeId);
      doubt ||= outcome.error.applied === 'unknown';
      if (outcome.final) throw doubt ? inDoubt(outcome.error) : outcome.error;
      if (context.signal.aborted)
        throw new StepTimeoutError('the DNS change', step.limitMs, doubt, outcome.error);
      context.output(`${outcome.error.message}; trying again`);
      await context.clock.sleep(pause, context.signal);
      pause = Math.min(pause * 2, RETRY_MOST_MS);
    }
  },
};

type Attempt =
  | { readonly done: true; readonly changeId: string | null }
  | {
      readonly done: false;
      /** The same again won't help. */
      readonly final: boolean;
      readonly error: UnderstudyError;
    };

async function attempt(
  dns: DnsProvider,
  step: FlipStep,
  context: StepContext,
  next: EpochRecord,
): Promise<Attempt> {
  try {
    const outcome = await dns.swap(context.service.dns.zone, step.change, next, context.signal);
    if (outcome.outcome === 'applied') {
      if (outcome.confirmedBy === 'reply') await readBack(dns, step, context);
      return { done: true, changeId: outcome.changeId };
    }
    throw new SupersededError(
      `the flip was refused: DNS holds ${shown(outcome.current)}, not the epoch this plan was made on; nothing was changed`,
    );
  } catch (thrown) {
    const error = asError(thrown);
    // After a doubt the adapter has read back already; the same swap again is refused by DNS if the first one landed,
    // and is then known as ours by the token.
    if (error instanceof SupersededError) throw error;
    return { done: false, final: !error.retriable && error.applied !== 'unknown', error };
  }
}

/** A refusal for good says nothing of an attempt before it whose reply was lost: that one may land yet. */
function inDoubt(error: UnderstudyError): UnderstudyError {
  const { code, message, retriable } = error;
  return new UnderstudyError({
    code,
    message: `${message}; an earlier attempt may have gone through`,
    retriable,
    applied: 'unknown',
    cause: error,
  });
}

/**
 * An API's "done" is a promise here as everywhere (hcloud-fip-controller#36): what counts is our token in the zone. While that
 * can't be read, what the reply says is in doubt too.
 * @throws UnderstudyError `flip-untrue` when the zone shows something else, or can't be read
 */
async function readBack(
  dns: DnsProvider,
  { change }: FlipStep,
  { service, run, clock }: StepContext,
): Promise<void> {
  // The step's limit does not bind it: a reply that comes with the last second is the very one to be doubted.
  const limit = clock.deadline(READ_BACK_MS);
  const seen = await dns.read(service.dns.zone, change.epochName, [], limit.signal).catch(() => null);
  limit.done();
  if (seen?.epoch?.owner === run.token) return;
  const holds = seen === null ? 'cannot be read' : `holds ${shown(seen.epochSet)}`;
  throw new UnderstudyError({
    code: 'flip-untrue',
    message: `the DNS API says that it was done, and the zone ${holds}`,
    retriable: true,
    applied: 'unknown',
    next: 'understudy status; DNS is asked again',
  });
}

function shown(set: RecordSet | null): string {
  return set === null ? 'no epoch' : set.values.join(' ').replaceAll('"', '');
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
