/**
 * One request to Hetzner's API, judged. Every answer is checked for status, content type and shape before anybody
 * uses it, every failure becomes a ProviderError, and a deadline ends what nobody answers. What carries the request
 * is given: client.ts has the real client, over.ts anything else, and neither has a judgement of its own.
 */
import type { HttpRequest } from 'hcloud-js';
import type { Clock } from '../../ports/clock.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { Asked } from './failures.ts';
import { fromAnswer, fromNetwork, garbage, timedOut } from './failures.ts';
import type { Redact } from './redact.ts';
import { createRedact } from './redact.ts';
import { ShapeError } from './wire.ts';

/** The part of hcloud-js's client that is used. What its methods resolve to is not looked at: `read` has seen the body. */
export interface Client {
  /** @throws ProviderError for an answer that was judged to be none, else whatever the way there fails with */
  axios(request: HttpRequest): Promise<unknown>;
  readonly servers: {
    readonly actions: { powerOff(id: number): Promise<unknown>; powerOn(id: number): Promise<unknown> };
  };
  readonly actions: { get(id: number): Promise<unknown> };
}

export interface Connection {
  readonly redact: Redact;
  /**
   * Makes one request and reads its answer. Never retries.
   * @param read turns the checked JSON body into the result; throws ShapeError
   * @param send does the one request through the client
   * @throws ProviderError, and nothing else
   */
  ask<T>(
    asked: Asked,
    signal: AbortSignal,
    read: (body: unknown) => T,
    send: (client: Client) => Promise<unknown>,
  ): Promise<T>;
}

export interface AskSettings {
  /** Kept out of every error. */
  readonly token: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/** An HTTP answer, read to its end. */
export interface Answer {
  readonly status: number;
  /** Empty when there is no such header. */
  readonly contentType: string;
  readonly text: string;
}

/** Is shown the answer as soon as it is there. @returns the JSON body @throws ProviderError when it is no good answer */
export type Judge = (answer: Answer) => unknown;

/** @param open makes the client of one request: it gives up when `signal` fires, and shows each answer to `judge` */
export function connect(
  settings: AskSettings,
  open: (signal: AbortSignal, judge: Judge) => Client,
): Connection {
  const { clock, requestTimeoutMs } = settings;
  const redact = createRedact(settings.token);
  return {
    redact,
    async ask(asked, signal, read, send) {
      if (signal.aborted) throw timedOut(asked, 'before the caller stopped waiting', 'no');
      const deadline = clock.deadline(requestTimeoutMs, signal);
      const results: ReturnType<typeof read>[] = [];
      try {
        const client = open(deadline.signal, answer => {
          const { body, result } = readAnswer(asked, answer, read, redact);
          results.push(result);
          return body;
        });
        await send(client);
      } catch (thrown) {
        if (thrown instanceof ProviderError) throw thrown;
        // hcloud-js wraps a body that was read already; what it makes of it is not used, so its stumbling is no harm.
        if (results.length === 0) {
          const applied = asked.write ? 'unknown' : 'no';
          if (signal.aborted) throw timedOut(asked, 'before the caller stopped waiting', applied);
          if (deadline.signal.aborted) throw timedOut(asked, `within ${requestTimeoutMs} ms`, applied);
          throw fromNetwork(asked, thrown, redact);
        }
      } finally {
        deadline.done();
      }
      const [result] = results;
      if (result === undefined) throw garbage(asked, 'no answer was read');
      return result;
    },
  };
}

/** @throws ProviderError when it is not the API's good answer to what was asked */
function readAnswer<T>(
  asked: Asked,
  answer: Answer,
  read: (body: unknown) => T,
  redact: Redact,
): { readonly body: unknown; readonly result: T } {
  const { status, contentType, text } = answer;
  const json = /^application\/([a-z.+-]+\+)?json\b/i.test(contentType);
  const body = json ? parse(text) : undefined;
  if (status < 200 || status > 299) throw fromAnswer(asked, status, body, redact);
  if (!json) throw garbage(asked, `the answer is ${redact(contentType) || 'of no type'} instead of JSON`);
  if (body === undefined) throw garbage(asked, 'the answer is broken JSON');
  try {
    return { body, result: read(body) };
  } catch (thrown) {
    if (thrown instanceof ShapeError) throw garbage(asked, thrown.message);
    throw thrown;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
