/**
 * The compare-and-swap on the epoch in DNS that every write there is. Repeating it is safe only because the epoch must still
 * be as it was read and the run's token tells whose change is in force.
 */
import type { EpochRecord } from '../../model/epoch.ts';
import type { GuardedChange, PlannedChange } from '../../model/plan.ts';
import type { RecordSet } from '../../model/signal.ts';
import { asError, ProviderError, UnderstudyError } from '../../ports/errors.ts';
import type { DnsProvider } from '../../ports/providers.ts';
import { type Recheck, type StepContext, StepTimeoutError, SupersededError } from '../context.ts';

/** First pause after a refusal that did nothing (throttling, a change before ours still in work), doubled each time. */
const RETRY_MS = 500;
const RETRY_MOST_MS = 8000;
/** For reading the token back, ms. */
const READ_BACK_MS = 5000;

export interface Swapped {
  readonly epoch: EpochRecord;
  readonly changeId: string | null;
}

/**
 * @param what for messages: `the flip`
 * @param asks what is asked again before another try, besides for a hold: each is a new write
 * @returns once the zone has been read with our token in it
 * @throws SupersededError when another epoch is in force, HeldError and `fence-lost` before a retry, StepTimeoutError, ProviderError;
 *   all but the first two with `applied: 'unknown'` when it may have been done
 */
export async function swap(
  change: GuardedChange,
  limitMs: number,
  what: string,
  context: StepContext,
  ...asks: readonly Recheck[]
): Promise<Swapped> {
  const { service, outside } = context;
  const dns = await outside.dns(service.dns.provider);
  const next = written(change, context);
  let pause = RETRY_MS;
  let doubt = false;
  for (let attempts = 0; ; attempts += 1) {
    // A hold that was set meanwhile wins, and a fence that was lost. In doubt the run stays open then, and DNS is asked first.
    if (attempts > 0)
      await context.recheck(...asks).catch((thrown: unknown) => {
        throw doubt && isAboutTheFence(thrown) ? inDoubt(thrown) : thrown;
      });
    const outcome = await attempt(dns, change, next, what, context);
    if (outcome.done) return { epoch: next, changeId: outcome.changeId };
    doubt ||= outcome.error.applied === 'unknown';
    if (outcome.final) throw doubt ? inDoubt(outcome.error) : outcome.error;
    if (context.signal.aborted) throw new StepTimeoutError(what, limitMs, doubt, outcome.error);
    context.output(`${outcome.error.message}; trying again`);
    await context.clock.sleep(pause, context.signal);
    pause = Math.min(pause * 2, RETRY_MOST_MS);
  }
}

/** A hold, a lost lease, a store that fails leave the run open by themselves. */
function isAboutTheFence(thrown: unknown): thrown is UnderstudyError {
  return (
    thrown instanceof ProviderError || (thrown instanceof UnderstudyError && thrown.code === 'fence-lost')
  );
}

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
  change: GuardedChange,
  next: EpochRecord,
  what: string,
  context: StepContext,
): Promise<Attempt> {
  try {
    const outcome = await dns.swap(context.service.dns.zone, change, next, context.signal);
    if (outcome.outcome === 'applied') {
      if (outcome.confirmedBy === 'reply') await readBack(dns, change, next, what, context);
      return { done: true, changeId: outcome.changeId };
    }
    throw new SupersededError(
      `${what} was refused: DNS holds ${shown(outcome.current)}, not the epoch this plan was made on; nothing was changed`,
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
 * @throws UnderstudyError `swap-untrue` when the zone shows something else, or can't be read
 */
async function readBack(
  dns: DnsProvider,
  change: GuardedChange,
  next: EpochRecord,
  what: string,
  { service, clock }: StepContext,
): Promise<void> {
  // The step's limit does not bind it: a reply that comes with the last second is the very one to be doubted.
  const limit = clock.deadline(READ_BACK_MS);
  const seen = await dns.read(service.dns.zone, change.epochName, [], limit.signal).catch(() => null);
  limit.done();
  if (isInForce(seen?.epoch ?? null, next)) return;
  const holds = seen === null ? 'cannot be read' : `holds ${shown(seen.epochSet)}`;
  throw new UnderstudyError({
    code: 'swap-untrue',
    message: `the DNS API says that ${what} was done, and the zone ${holds}`,
    retriable: true,
    applied: 'unknown',
    next: 'understudy status; DNS is asked again',
  });
}

/** @returns the epoch as this run writes it: its token is not known yet when the change is planned */
export function written({ nextEpoch }: Pick<PlannedChange, 'nextEpoch'>, { run }: StepContext): EpochRecord {
  return { ...nextEpoch, owner: run.token };
}

/** @returns whether the zone holds just what this run wrote: its claim and its flip bear the same token */
export function isInForce(found: EpochRecord | null, ours: EpochRecord): boolean {
  return (
    found !== null && found.owner === ours.owner && found.epoch === ours.epoch && found.active === ours.active
  );
}

/** @returns the set as a person would read it in the zone */
export function shown(set: RecordSet | null): string {
  return set === null ? 'no epoch' : set.values.join(' ').replaceAll('"', '');
}
