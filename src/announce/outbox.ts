/**
 * Delivers what the outbox holds: for each sink strictly in order, at least once, the next only after the one before
 * was taken. A sink that fails is left alone until its notice is due again, so that a dead receiver costs one attempt
 * and delays no other sink. Two processes may deliver at once: then a receiver can see a notice twice, with the same id.
 *
 * A notice that a sink keeps refusing is tried for ever, at most every LONGEST_PAUSE_MS, and what comes after it waits:
 * order and completeness are promised, and `status` shows the error.
 */
import type { Notice } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import { asError, UnderstudyError } from '../ports/errors.ts';
import type { Sink } from '../ports/providers.ts';
import type { Store } from '../ports/store.ts';
import { plain } from './plain.ts';

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** A tick must end before cron starts the next one, whatever the sinks do. */
const DEFAULT_BUDGET_MS = 10_000;

export interface SinkReport {
  readonly sink: string;
  readonly delivered: number;
  /** `empty`: nothing is left · `waiting`: the next one is not due · `failed`: one failed now · `out-of-time`: more is left. */
  readonly state: 'empty' | 'waiting' | 'failed' | 'out-of-time';
  /** When the next one is due, ms since the epoch; null unless waiting or failed. */
  readonly dueAt: number | null;
  readonly error: UnderstudyError | null;
}

export interface DeliveryReport {
  readonly sinks: readonly SinkReport[];
}

export interface OutboxOptions {
  readonly store: Pick<Store, 'outbox' | 'commit'>;
  readonly sinks: readonly Sink[];
  readonly clock: Clock;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
  /** An attempt that it cuts off does not count as failed, unless it fired because time ran out (a TimeoutError). */
  readonly signal?: AbortSignal;
  /** For the whole delivery, ms. */
  readonly budgetMs?: number;
}

/**
 * @param attempts failed attempts so far, this one included (from 1)
 * @returns the pause before the next one, ms: doubling from 5 s to 15 min, then shortened at random by up to half, so
 *   that many runners do not call on a recovering receiver in step
 */
export function pauseMs(attempts: number, random: () => number): number {
  const full = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(Math.max(attempts, 1) - 1, 30), LONGEST_PAUSE_MS);
  return Math.round(full * (1 - random() / 2));
}

/**
 * One pass over the outbox.
 * @throws StoreError when the outbox cannot be read or written, after every other sink has had its turn
 */
export async function deliverOutbox(options: OutboxOptions): Promise<DeliveryReport> {
  const budget = options.clock.deadline(options.budgetMs ?? DEFAULT_BUDGET_MS, options.signal);
  try {
    const outcomes = await Promise.allSettled(
      options.sinks.map(sink => deliverTo(sink, options, budget.signal)),
    );
    const sinks = outcomes.map(outcome => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    return { sinks };
  } finally {
    budget.done();
  }
}

async function deliverTo(sink: Sink, options: OutboxOptions, budget: AbortSignal): Promise<SinkReport> {
  const { store, clock, random } = options;
  const base = { sink: sink.name, dueAt: null, error: null };
  for (let delivered = 0; ; delivered += 1) {
    if (budget.aborted) return { ...base, delivered, state: 'out-of-time' };
    // One at a time and read anew: another process may have delivered it a moment ago.
    const [item] = await store.outbox(sink.name, 1);
    if (item === undefined) return { ...base, delivered, state: 'empty' };
    const wait = item.dueAt - clock.now();
    // A pause longer than any we set comes from a clock that was ahead; it must not silence the alarm for days.
    if (wait > 0 && wait <= LONGEST_PAUSE_MS)
      return { ...base, delivered, state: 'waiting', dueAt: item.dueAt };
    const error = await attempt(sink, item.notice, budget);
    if (error === null) {
      await store.commit([{ kind: 'delivered', seq: item.seq, at: clock.now() }]);
      continue;
    }
    if (toldToStop(options.signal)) return { ...base, delivered, state: 'out-of-time' };
    const dueAt = clock.now() + pauseMs(item.attempts + 1, random);
    await store.commit([
      { kind: 'undelivered', seq: item.seq, dueAt, error: plain(`${error.code}: ${error.message}`) },
    ]);
    return { ...base, delivered, state: 'failed', dueAt, error };
  }
}

function toldToStop(signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true && !(signal.reason instanceof Error && signal.reason.name === 'TimeoutError')
  );
}

/** @returns null when the sink has taken it. Ends with the budget even if the sink does not listen to its signal. */
async function attempt(sink: Sink, notice: Notice, budget: AbortSignal): Promise<UnderstudyError | null> {
  let stop = (): void => {};
  const late = new Promise<UnderstudyError>(resolve => {
    stop = () =>
      resolve(
        new UnderstudyError({
          code: 'sink-timeout',
          message: `sink "${sink.name}" did not answer in time`,
          retriable: true,
          applied: 'unknown',
        }),
      );
    if (budget.aborted) stop();
    else budget.addEventListener('abort', stop, { once: true });
  });
  try {
    const taken = sink.deliver(notice, budget).then(
      () => null,
      (thrown: unknown) => asError(thrown, 'sink-failed'),
    );
    return await Promise.race([taken, late]);
  } catch (thrown) {
    return asError(thrown, 'sink-failed'); // thrown before it made a promise
  } finally {
    budget.removeEventListener('abort', stop);
  }
}
