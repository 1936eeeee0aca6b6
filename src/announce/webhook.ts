/**
 * A sink that posts JSON to an HTTP endpoint, signed as https://www.standardwebhooks.com says, so that a receiver can
 * check with any library that a notice is ours, fresh, and not a repeat (`webhook-id` stays the same in every attempt).
 * Messages name the host and never the rest of the URL: for chat services the path is the password.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { WebhookSink } from '../model/service.ts';
import type { Notice } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import { UnderstudyError } from '../ports/errors.ts';
import type { Sink } from '../ports/providers.ts';

/** Read of an answer's body before the connection is cut, bytes; enough for a polite end, nothing is made of it. */
const BODY_CAP = 16_384;

/** What is posted. */
export interface WebhookPayload {
  /** `understudy.verdict`, `.plan`, `.step`, `.run`, `.hold`, `.problem`. */
  readonly type: `understudy.${Notice['kind']}`;
  /** When it happened, ISO 8601 in UTC. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>> & {
    readonly id: string;
    readonly service: string;
    /** One plain line of at most 400 bytes, ready for a channel. */
    readonly text: string;
    readonly incident: string | null;
  };
}

/** The notice as it is posted; its own data never hides the four fields that every notice has. */
export function webhookPayload(notice: Notice): WebhookPayload {
  const { id, service, text, incident } = notice;
  return {
    type: `understudy.${notice.kind}`,
    timestamp: new Date(notice.at).toISOString(),
    data: { ...notice.data, id, service, text, incident },
  };
}

function failure(settings: WebhookSink, status: number): UnderstudyError {
  const base = { code: 'sink-rejected', retriable: true, next: 'look at the log of the receiver' };
  const says = (text: string): string =>
    `webhook "${settings.name}" at ${hostOf(settings)} ${text} (HTTP ${status})`;
  if (status >= 300 && status < 400)
    return new UnderstudyError({
      ...base,
      message: says('redirects, which is not followed'),
      next: 'put the new URL into the config',
    });
  if (status === 401 || status === 403)
    return new UnderstudyError({
      ...base,
      message: says('refuses us'),
      next: 'compare the signing key with the one of the receiver',
    });
  if (status === 410)
    return new UnderstudyError({
      ...base,
      code: 'sink-gone',
      message: says('is gone for good'),
      next: 'take it out of the config, or give its new URL',
    });
  if (status === 429)
    return new UnderstudyError({ ...base, code: 'sink-throttled', message: says('asks us to slow down') });
  if (status >= 500) return new UnderstudyError({ ...base, code: 'sink-failed', message: says('failed') });
  return new UnderstudyError({ ...base, message: says('did not take the notice') });
}

function hostOf(settings: WebhookSink): string {
  try {
    return new URL(settings.url).host;
  } catch {
    return 'an unreadable URL';
  }
}

function unreachable(settings: WebhookSink, thrown: unknown, timedOut: boolean): UnderstudyError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'no connection';
  return new UnderstudyError({
    code: timedOut ? 'sink-timeout' : 'sink-unreachable',
    message: timedOut
      ? `webhook "${settings.name}" at ${hostOf(settings)} did not answer within ${settings.timeoutMs} ms`
      : `webhook "${settings.name}" at ${hostOf(settings)} cannot be reached (${code})`,
    retriable: true,
    applied: 'unknown',
    next: 'look whether the receiver is up, and whether this machine can reach it',
  });
}

/** @throws UnderstudyError `sink-config`; says nothing of the key itself */
async function signed(
  settings: WebhookSink,
  id: string,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  // Loaded when there is something to say: a quiet tick should not pay for it.
  const { Webhook } = await import('standardwebhooks');
  const at = new Date(now);
  try {
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': new Webhook(settings.secret.reveal()).sign(id, at, body),
    };
  } catch {
    // Without the cause, which may quote the key.
    throw new UnderstudyError({
      code: 'sink-config',
      message: `webhook "${settings.name}": the signing key from ${settings.secret.source} is not base64 (it should read whsec_…)`,
      next: 'make one with `openssl rand -base64 32`, put whsec_ before it, and give it to the receiver too',
    });
  }
}

/** Sends the request and resolves with the status, once the answer's body has ended, been cut at the cap, or failed. */
async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const options: RequestOptions = { method: 'POST', headers: { ...headers }, signal, agent: false };
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(url, options, (answer: IncomingMessage) => {
      // The status line decides; a body that never ends, or is cut, takes nothing back.
      const settle = (): void => {
        answer.destroy();
        resolve(answer.statusCode ?? 0);
      };
      sent.removeListener('error', reject).once('error', settle);
      let read = 0;
      answer.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > BODY_CAP) settle();
      });
      answer.once('end', settle);
      answer.once('error', settle);
      answer.once('close', settle);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** @returns the sink for one configured webhook; `deliver` resolves on a 2xx and throws an UnderstudyError on all else */
export function createWebhookSink(settings: WebhookSink, { clock }: { readonly clock: Clock }): Sink {
  return {
    name: settings.name,
    async deliver(notice, signal): Promise<void> {
      const body = JSON.stringify(webhookPayload(notice));
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'understudy',
        ...(await signed(settings, notice.id, body, clock.now())),
      };
      const deadline = clock.deadline(settings.timeoutMs, signal);
      try {
        const status = await post(new URL(settings.url), headers, body, deadline.signal);
        if (status < 200 || status > 299) throw failure(settings, status);
      } catch (thrown) {
        if (thrown instanceof UnderstudyError) throw thrown;
        throw unreachable(settings, thrown, deadline.signal.aborted && !signal.aborted);
      } finally {
        deadline.done();
      }
    },
  };
}
