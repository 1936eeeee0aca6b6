/**
 * Tries again with growing, jittered pauses, for every vendor alike. p-retry counts and decides; the pauses are ours,
 * since p-retry's own are real timers and Math.random, which a run in virtual time could neither see nor repeat. With
 * both of its time-outs at 0 it sets no timer at all.
 */
import pRetry from 'p-retry';
import type { Clock } from '../ports/clock.ts';
import { ProviderError } from '../ports/errors.ts';

export interface Pauses {
  /** Before the first retry, ms; doubled before each further one, and each stretched by up to twice at random. */
  readonly firstPauseMs: number;
  /** No pause is longer, ms, jitter included. Left out: no limit. */
  readonly longestPauseMs?: number;
}

export interface RetryOptions extends Pauses {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Ends a pause at once, and no try follows. It does not end a try that is under way. */
  readonly signal: AbortSignal;
  /** Tries after the first one. */
  readonly retries: number;
  /** Asked for errors that are `retriable`; nothing else is ever tried again. Left out: each is worth it. */
  readonly isWorthIt?: (error: ProviderError) => boolean;
  /** Told of each failed try, before the pause. */
  readonly onFailure?: (error: ProviderError) => void;
}

/**
 * @returns what the first try that succeeds gives
 * @throws what the last try threw, or the reason of `signal` when that fired between two tries
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, retries, isWorthIt = () => true } = options;
  const again = (error: unknown): boolean =>
    error instanceof ProviderError && error.retriable && isWorthIt(error);
  const failed = async (error: unknown, retry: number): Promise<void> => {
    if (error instanceof ProviderError) options.onFailure?.(error);
    // Asked of those that are no try again, and after the last one as well; neither may cost a pause.
    if (retry <= retries && again(error))
      await clock.sleep(pauseBefore(retry, options, options.random), signal);
  };
  try {
    return await once(attempt, signal);
  } catch (thrown) {
    await failed(thrown, 1);
    if (retries === 0 || !again(thrown)) throw thrown;
  }
  signal.throwIfAborted();
  return pRetry(attempt, {
    retries: retries - 1,
    minTimeout: 0,
    maxTimeout: 0,
    signal,
    onFailedAttempt: ({ error, retriesConsumed }) => failed(error, retriesConsumed + 2),
    shouldRetry: ({ error }) => again(error),
  });
}

/** The first try, by far the most of all, without what a second would need. */
async function once<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const result = await attempt();
  signal.throwIfAborted();
  return result;
}

/** @param retry counted from 1 @returns ms, whole */
export function pauseBefore(retry: number, pauses: Pauses, random: () => number): number {
  const stretched = Math.round((1 + random()) * pauses.firstPauseMs * 2 ** (retry - 1));
  return Math.min(stretched, pauses.longestPauseMs ?? Number.POSITIVE_INFINITY);
}
