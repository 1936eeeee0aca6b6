/**
 * The SDK client and the manner of asking it: one attempt with a deadline for writes; for reads a few more with
 * growing, jittered pauses. The SDK's own retry is off: it can apply a write, lose the reply, try again and then
 * report the second attempt's refusal as the result.
 */
import {
  type ChangeResourceRecordSetsCommand,
  type ChangeResourceRecordSetsCommandOutput,
  type GetChangeCommand,
  type GetChangeCommandOutput,
  type GetHostedZoneCommand,
  type GetHostedZoneCommandOutput,
  type ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { ProviderError } from '../../ports/errors.ts';
import { orAborted } from '../or-aborted.ts';
import { retrying } from '../retry.ts';
import type { VendorContext } from '../vendor.ts';
import { createRedact, failure } from './failure.ts';
import type { Route53Settings } from './settings.ts';

export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/**
 * The part of Route53Client that is used: one attempt at one of the four commands. Answers are partial, since the SDK
 * makes an empty result of an answer that is not Route 53's. What it throws is described at `failure`.
 */
export interface Client {
  send(
    command: ListResourceRecordSetsCommand,
    options: SendOptions,
  ): Promise<Partial<ListResourceRecordSetsCommandOutput>>;
  send(
    command: ChangeResourceRecordSetsCommand,
    options: SendOptions,
  ): Promise<Partial<ChangeResourceRecordSetsCommandOutput>>;
  send(command: GetChangeCommand, options: SendOptions): Promise<Partial<GetChangeCommandOutput>>;
  send(command: GetHostedZoneCommand, options: SendOptions): Promise<Partial<GetHostedZoneCommandOutput>>;
}

/** Sends one command and checks that the answer has the shape it must have. @throws whatever the SDK throws */
export type Send<T> = (client: Client, options: SendOptions) => Promise<T>;

export interface Api {
  /** @throws ProviderError */
  read<T>(doing: string, send: Send<T>, signal: AbortSignal): Promise<T>;
  /** Exactly one attempt. @throws ProviderError, `applied: 'unknown'` unless it was certainly not done */
  write<T>(doing: string, send: Send<T>, signal: AbortSignal): Promise<T>;
}

const FIRST_PAUSE_MS = 150;
/** The account's limit is 10 requests a second; more connections would only wait there. */
const CONNECTIONS = 10;

/** @param client what carries the requests; over.ts makes one of anything that can */
export function createApi(
  settings: Route53Settings,
  { clock, random }: VendorContext,
  client: Client = createClient(settings),
): Api {
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
        return await retrying(() => attempt(doing, send, signal, false), {
          clock,
          random,
          signal,
          retries: settings.readRetries,
          firstPauseMs: FIRST_PAUSE_MS,
        });
      } catch (thrown) {
        // It is the signal's reason when that fires between two attempts.
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
