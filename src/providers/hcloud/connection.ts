/**
 * hcloud-js's client made safe for today's API and for bad nights. Its own response interceptor throws on HTML
 * and on empty bodies and loses the status, so it is taken out; every answer is checked for status, content type
 * and shape before the library touches it; nothing is followed, nothing is cached, nothing of axios leaves this file.
 * A client is made for each request, since that is the only way to give the library's own methods a signal; it costs
 * microseconds, and connections are kept alive by Node's global agent all the same.
 */

import type { Client, HttpResponse } from 'hcloud-js';
import hcloud from 'hcloud-js';
import type { Clock } from '../../ports/clock.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { Asked } from './failures.ts';
import { fromAnswer, fromNetwork, garbage, timedOut } from './failures.ts';
import type { Redact } from './redact.ts';
import { createRedact } from './redact.ts';
import { ShapeError } from './wire.ts';

/** A whole project's primary IPs are some 40 kB; an answer of more than a megabyte is not from this API. */
const MAX_ANSWER_BYTES = 1_048_576;

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

export interface ConnectionSettings {
  readonly token: string;
  readonly endpoint: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

export function createConnection(settings: ConnectionSettings): Connection {
  const redact = createRedact(settings.token);
  return {
    redact,
    async ask(asked, signal, read, send) {
      if (signal.aborted) throw timedOut(asked, 'before the caller stopped waiting', 'no');
      const deadline = settings.clock.deadline(settings.requestTimeoutMs, signal);
      const results: ReturnType<typeof read>[] = [];
      try {
        const client = makeClient(settings, deadline.signal);
        client.axios.interceptors.response.use(answer => {
          results.push(readAnswer(asked, answer, read, redact));
          return answer;
        });
        await send(client);
      } catch (thrown) {
        if (thrown instanceof ProviderError) throw thrown;
        // hcloud-js wraps a body that was read already; what it makes of it is not used, so its stumbling is no harm.
        if (results.length === 0) throw translate(asked, thrown, signal, deadline.signal, settings, redact);
      } finally {
        deadline.done();
      }
      const [result] = results;
      if (result === undefined) throw garbage(asked, 'no answer was read');
      return result;
    },
  };
}

function makeClient(settings: ConnectionSettings, signal: AbortSignal): Client {
  const client = new hcloud.Client({ token: settings.token, baseURL: settings.endpoint, timeout: 0 });
  client.axios.interceptors.response.eject(0);
  Object.assign(client.axios.defaults, {
    signal,
    // Statuses are judged by us, with the body at hand.
    validateStatus: () => true,
    // A redirect would carry the token along.
    maxRedirects: 0,
    allowAbsoluteUrls: false,
    maxContentLength: MAX_ANSWER_BYTES,
    // axios passes broken JSON on as text without a word; parse it ourselves.
    responseType: 'text',
    transformResponse: [(text: unknown) => text],
  });
  return client;
}

function readAnswer<T>(asked: Asked, answer: HttpResponse, read: (body: unknown) => T, redact: Redact): T {
  const type = String(answer.headers['content-type'] ?? '');
  const json = /^application\/([a-z.+-]+\+)?json\b/i.test(type);
  const body = json ? parse(answer.data) : undefined;
  if (answer.status < 200 || answer.status > 299) throw fromAnswer(asked, answer.status, body, redact);
  if (!json) throw garbage(asked, `the answer is ${redact(type) || 'of no type'} instead of JSON`);
  if (body === undefined) throw garbage(asked, 'the answer is broken JSON');
  try {
    const result = read(body);
    // The library goes on with the same body.
    answer.data = body;
    return result;
  } catch (thrown) {
    if (thrown instanceof ShapeError) throw garbage(asked, thrown.message);
    throw thrown;
  }
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

function translate(
  asked: Asked,
  thrown: unknown,
  caller: AbortSignal,
  deadline: AbortSignal,
  settings: ConnectionSettings,
  redact: Redact,
): ProviderError {
  const applied = asked.write ? 'unknown' : 'no';
  if (caller.aborted) return timedOut(asked, 'before the caller stopped waiting', applied);
  if (deadline.aborted) return timedOut(asked, `within ${settings.requestTimeoutMs} ms`, applied);
  return fromNetwork(asked, thrown, redact);
}
