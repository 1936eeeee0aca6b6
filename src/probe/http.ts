/**
 * http: asks for a path and looks at the status and, if wished, for a text in the body. Redirects are not
 * followed: their target is another probe's business. The body is read to its end (or a cap), because a server
 * that sends a head and then hangs serves nobody.
 */
import type { Socket } from 'node:net';
import type { ProbeResult } from '../model/sample.ts';
import type { Fields } from '../ports/fields.ts';
import { type Attempt, failureOf, ProbeFailure } from './attempt.ts';
import { dial } from './dial.ts';
import { BodyWatch, HttpResponse } from './http-response.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings } from './settings.ts';

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

/** One request over a connected socket. @param host value of the Host header @throws ProbeFailure */
export function exchange(
  attempt: Attempt,
  socket: Socket,
  host: string,
  wanted: HttpWanted,
): Promise<ProbeResult> {
  const request = requestText(host, wanted);
  attempt.phase = 'answer';
  return new Promise((resolve, reject) => {
    const watch = new BodyWatch(wanted.body);
    const response = new HttpResponse(wanted.method, bytes => watch.push(bytes));
    const look = (digest: () => void) => {
      // Our own close at the end of the attempt comes by here too.
      if (attempt.ended) return;
      try {
        digest();
        if (response.status === 0) return;
        const result = judge(response, watch, wanted, attempt);
        if (result !== null) resolve(result);
      } catch (thrown) {
        reject(thrown);
        socket.destroy();
      }
    };
    socket.on('data', chunk => look(() => response.push(chunk)));
    socket.on('end', () => look(() => response.end()));
    socket.on('close', () => look(() => response.end()));
    socket.on('error', error => reject(failureOf(error)));
    socket.write(request);
  });
}

/** @returns the result as soon as it is certain, null before @throws ProbeFailure `status` */
function judge(
  response: HttpResponse,
  watch: BodyWatch,
  wanted: HttpWanted,
  attempt: Attempt,
): ProbeResult | null {
  const status = response.status;
  attempt.facts.status = status;
  attempt.phase = 'end of the body';
  const accepted = wanted.status === null ? status >= 200 && status < 400 : wanted.status.includes(status);
  if (!accepted) throw new ProbeFailure('status', `HTTP ${status}`);
  const found = wanted.body !== null && watch.satisfied;
  if (!response.done && !found) return null;
  if (!watch.satisfied)
    throw new ProbeFailure('status', `HTTP ${status}, but the body does not hold the wanted text`);
  return { ok: true, detail: `HTTP ${status}` };
}

/** @throws ProbeFailure `internal` when a setting would break out of its place in the request */
function requestText(host: string, wanted: HttpWanted): string {
  if (!/^\/[\x21-\x7e]*$/.test(wanted.path))
    throw new ProbeFailure('internal', 'path must start with / and hold no spaces or non-ASCII characters');
  if (!/^[\x21-\x7e]+$/.test(host)) throw new ProbeFailure('internal', 'host is not a host name');
  return (
    `${wanted.method} ${wanted.path} HTTP/1.1\r\nHost: ${host}\r\n` +
    'User-Agent: understudy\r\nAccept: */*\r\nConnection: close\r\n\r\n'
  );
}
