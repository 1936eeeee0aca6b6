/**
 * http: asks for a path and looks at the status and, if wished, for a text in the body. Uses node:http's parser
 * over a socket of our own, so that plain and TLS connections are dialled in one place and no agent, pool or
 * per-request timer is paid for. Redirects are not followed: their target is another probe's business.
 */
import type { Socket } from 'node:net';
import type { ProbeResult } from '../model/sample.ts';
import type { Fields } from '../ports/fields.ts';
import { type Attempt, failureOf, ProbeFailure } from './attempt.ts';
import { dial } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings } from './settings.ts';

/** Head of an answer, bytes: Node's own default, stated because it is a promise here. */
const HEAD_CAP = 16_384;
/** So much of a body is read at most, bytes; an answer that is still going on after that counts as whole. */
export const BODY_CAP = 262_144;
/** Interim answers (1xx) before the real one. */
const INTERIM_CAP = 10;

/** Fields of http and https alike. */
export const HTTP_FIELDS = {
  path: { doc: 'Path and query to ask for.', format: 'string', default: '/' },
  method: { doc: 'HEAD reads no body.', format: ['GET', 'HEAD'], default: 'GET' },
  status: {
    doc: 'Accepted status codes; left out: any from 200 to 399. Redirects are not followed.',
    format: 'integers',
    default: null,
    min: 100,
    max: 599,
  },
  body: {
    doc: 'Text that must occur in the first 256 KiB of the body, exact, as UTF-8.',
    format: 'string',
    default: null,
  },
} as const satisfies Fields;

const FIELDS = {
  port: portField(80),
  ...HTTP_FIELDS,
  host: { doc: 'Host header in place of the public name.', format: 'hostname', default: null },
} as const satisfies Fields;

export const http: ProbeKind = {
  kind: 'http',
  title: 'HTTP answer with an accepted status',
  fields: FIELDS,
  defaultPort: 80,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const name = wanted.host ?? target.publicName;
    const socket = await dial(attempt, target.address, wanted.port);
    return exchange(attempt, socket, wanted.port === 80 ? name : `${name}:${wanted.port}`, wanted);
  },
};

export interface HttpWanted {
  readonly path: string;
  readonly method: 'GET' | 'HEAD';
  readonly status: readonly number[] | null;
  readonly body: string | null;
}

let loadedHttp: typeof import('node:http') | undefined;

/** One request over a connected socket. @throws ProbeFailure */
export async function exchange(
  attempt: Attempt,
  socket: Socket,
  host: string,
  wanted: HttpWanted,
): Promise<ProbeResult> {
  loadedHttp ??= await import('node:http');
  const { request } = loadedHttp;
  attempt.phase = 'answer';
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      method: wanted.method,
      path: wanted.path,
      setHost: false,
      headers: { Host: host, 'User-Agent': 'understudy', Accept: '*/*' },
      maxHeaderSize: HEAD_CAP,
    });
    let interim = 0;
    asked.on('error', error => reject(failureOf(error)));
    asked.on('information', () => {
      interim += 1;
      if (interim <= INTERIM_CAP) return;
      reject(new ProbeFailure('protocol', 'interim answers without end'));
      socket.destroy();
    });
    asked.on('upgrade', () => reject(new ProbeFailure('protocol', 'switched protocols unasked')));
    asked.on('response', response => {
      const status = response.statusCode ?? 0;
      attempt.facts.status = status;
      const accepted =
        wanted.status === null ? status >= 200 && status < 400 : wanted.status.includes(status);
      if (!accepted) {
        reject(new ProbeFailure('status', `HTTP ${status}`));
        return;
      }
      const watch = new BodyWatch(wanted.method === 'GET' ? wanted.body : null);
      attempt.phase = 'end of the body';
      response.on('error', error => reject(failureOf(error)));
      response.on('data', (chunk: Buffer) => {
        if (watch.push(chunk)) settle();
      });
      response.on('end', settle);
      function settle() {
        if (watch.satisfied) resolve({ ok: true, detail: `HTTP ${status}` });
        else reject(new ProbeFailure('status', `HTTP ${status}, but the body does not hold the wanted text`));
      }
    });
    asked.end();
  });
}

/** Looks for a text in a stream while keeping no more of it than the text is long. */
export class BodyWatch {
  readonly #needle: Buffer | null;
  #tail: Buffer = Buffer.alloc(0);
  #seen = 0;
  satisfied: boolean;

  constructor(text: string | null) {
    this.#needle = text === null || text === '' ? null : Buffer.from(text, 'utf8');
    this.satisfied = this.#needle === null;
  }

  /** @returns true when no more needs to be read: the text was found, or the cap is reached */
  push(chunk: Buffer): boolean {
    const within = chunk.subarray(0, BODY_CAP - this.#seen);
    this.#seen += within.length;
    if (this.#needle === null) return this.#seen >= BODY_CAP;
    if (!this.satisfied) {
      const bytes = this.#tail.length === 0 ? within : Buffer.concat([this.#tail, within]);
      this.satisfied = bytes.includes(this.#needle);
      this.#tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#needle.length + 1)));
    }
    return this.satisfied || this.#seen >= BODY_CAP;
  }
}
