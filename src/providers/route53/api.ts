/**
 * The SDK client and the manner of asking it: one attempt with a deadline for writes; for reads a few more with
 * growing, jittered pauses. The SDK's own retry is off: it can apply a write, lose the reply, try again and then
 * report the second attempt's refusal as the result.
 */
import { Route53Client } from '@aws-sdk/client-route-53';
import pRetry from 'p-retry';
import type { Clock } from '../../ports/clock.ts';
import { ProviderError } from '../../ports/errors.ts';
import { createRedact, failure } from './failure.ts';
import type { Route53Settings } from './settings.ts';

/** Sends one command and checks that the answer has the shape it must have. @throws whatever the SDK throws */
export type Send<T> = (client: Route53Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>;

export interface Api {
  /** @throws ProviderError */
  read<T>(doing: string, send: Send<T>, signal: AbortSignal): Promise<T>;
  /** Exactly one attempt. @throws ProviderError, `applied: 'unknown'` unless it was certainly not done */
  write<T>(doing: string, send: Send<T>, signal: AbortSignal): Promise<T>;
}

const FIRST_PAUSE_MS = 150;
/** The account's limit is 10 requests a second; more connections would only wait there. */
const CONNECTIONS = 10;

export function createApi(settings: Route53Settings, clock: Clock): Api {
  const client = createClient(settings);
  const redact = createRedact(settings.credentials);

  const attempt = async <T>(
    doing: string,
    send: Send<T>,
    signal: AbortSignal,
    write: boolean,
  ): Promise<T> => {
    if (signal.aborted) throw outOfTime(doing);
    const deadline = clock.deadline(settings.requestTimeoutMs, signal);
    try {
      return await orAborted(send(client, { abortSignal: deadline.signal }), deadline.signal);
    } catch (thrown) {
      throw failure(doing, thrown, { write, timedOut: deadline.signal.aborted, redact });
    } finally {
      deadline.done();
    }
  };

  return {
    write: (doing, send, signal) => attempt(doing, send, signal, true),
    read: async (doing, send, signal) => {
      try {
        return await pRetry(() => attempt(doing, send, signal, false), {
          retries: settings.readRetries,
          minTimeout: FIRST_PAUSE_MS,
          factor: 2,
          randomize: true,
          signal,
          shouldRetry: ({ error }) => error instanceof ProviderError && error.retriable,
        });
      } catch (thrown) {
        // p-retry gives the signal's reason when it fires between two attempts.
        throw thrown instanceof ProviderError ? thrown : outOfTime(doing);
      }
    },
  };
}

function createClient(settings: Route53Settings): Route53Client {
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  const { credentials, endpoint } = settings;
  return new Route53Client({
    region: settings.region,
    maxAttempts: 1,
    // A per-attempt deadline below covers all of it; this is the handler's own belt for a signal that it misses.
    requestHandler: {
      connectionTimeout: settings.requestTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(endpoint === null ? {} : { endpoint }),
    ...(credentials === null
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId.reveal(),
            secretAccessKey: credentials.secretAccessKey.reveal(),
            ...(credentials.sessionToken === null ? {} : { sessionToken: credentials.sessionToken.reveal() }),
          },
        }),
  });
}

function outOfTime(doing: string): ProviderError {
  return new ProviderError({
    code: 'provider-timeout',
    message: `Route 53: could not ${doing}: the time for it was over`,
    retriable: true,
  });
}

/** Ends with the signal even where the SDK does not listen to it (loading credentials, reading a body). */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
