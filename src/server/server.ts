/**
 * The status server: three pages that are read from the store and from nothing else, so it works while hoster and DNS
 * APIs are down, and can do nothing to the world. It is meant to stand behind a web server or to be open as it is:
 * no body is read, headers and time are limited, and no answer holds a secret. Each connection gets one answer and an
 * address few connections, so that readers who stay cannot shut out whoever asks /healthz; and the store is read once a
 * second at most, however many ask.
 *
 *     GET /status.json   the StatusDocument of status.ts
 *     GET /irc           one to three plain lines for a bot to paste
 *     GET /healthz       200 while the store can be read and no record is stale, else 503: for whoever watches the watchdog
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Settings } from '../model/service.ts';
import type { Clock } from '../ports/clock.ts';
import { UnderstudyError } from '../ports/errors.ts';
import type { Store } from '../ports/store.ts';
import { ircLines } from './irc.ts';
import { type StatusDocument, statusOf } from './status.ts';

/** A store that does not answer in this time counts as broken, ms. */
const STORE_LIMIT_MS = 5_000;
/** A document is shown so long before the store is read again, ms. */
const CACHE_MS = 1_000;
const MAX_CONNECTIONS = 256;
/** At once, from one IPv4 address or one IPv6 /64, of which any customer of a hoster has a whole one. */
const MAX_CONNECTIONS_EACH = 16;
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
} as const;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export interface ServerOptions {
  readonly store: Pick<Store, 'service' | 'decision'>;
  readonly settings: Pick<Settings, 'mode' | 'services' | 'serve'>;
  readonly clock: Clock;
  /** Told of what a page could not show; the page itself says less. */
  readonly onError?: (thrown: unknown) => void;
}

export interface StatusServer {
  /** `http://host:port`, with the port really taken when 0 was asked for. */
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: 'application/json; charset=utf-8' | 'text/plain; charset=utf-8';
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n`, headers };
}

function refusal(
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return json(status, { error: { code, message } }, headers);
}

function health(document: StatusDocument): Answer {
  const stale = document.services.filter(service => service.stale).map(({ name }) => name);
  return json(stale.length === 0 ? 200 : 503, { ok: stale.length === 0, stale });
}

function irc(document: StatusDocument): Answer {
  return { status: 200, type: 'text/plain; charset=utf-8', body: `${ircLines(document).join('\n')}\n` };
}

const PAGES: ReadonlyMap<string, (document: StatusDocument) => Answer> = new Map([
  ['/status.json', (document: StatusDocument) => json(200, document)],
  ['/irc', irc],
  ['/healthz', health],
]);

/** Reads everything the pages need. @throws StoreError, or UnderstudyError `store-slow` at the limit */
async function readStatus({ store, settings, clock }: ServerOptions): Promise<StatusDocument> {
  const limit = clock.deadline(STORE_LIMIT_MS);
  const late = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () =>
      reject(
        new UnderstudyError({
          code: 'store-slow',
          message: `the store did not answer within ${STORE_LIMIT_MS} ms`,
        }),
      ),
    );
  });
  try {
    const names = settings.services.map(({ name }) => name);
    const read = Promise.all([
      Promise.all(names.map(name => store.service(name))),
      Promise.all(names.map(name => store.decision(name))),
    ]);
    const [states, decisions] = await Promise.race([read, late]);
    return statusOf(settings, states, decisions, clock.now());
  } finally {
    limit.done();
  }
}

/**
 * Reads once for all who ask within CACHE_MS. A failure is not kept, so that the page is back with the store, but it is
 * told once in CACHE_MS only: the log must not grow with the number of readers.
 */
function cachedStatus(options: ServerOptions): () => Promise<StatusDocument> {
  const { clock, onError } = options;
  let last: Promise<StatusDocument> | null = null;
  let freshUntil = 0;
  let quietUntil = Number.NEGATIVE_INFINITY;
  return () => {
    if (last !== null && clock.monotonic() < freshUntil) return last;
    const reading = readStatus(options);
    last = reading;
    freshUntil = Number.POSITIVE_INFINITY; // while it is read, which STORE_LIMIT_MS bounds
    reading.then(
      () => {
        freshUntil = clock.monotonic() + CACHE_MS;
      },
      (thrown: unknown) => {
        last = null;
        if (clock.monotonic() < quietUntil) return;
        quietUntil = clock.monotonic() + CACHE_MS;
        onError?.(thrown);
      },
    );
    return reading;
  };
}

async function answerTo(request: IncomingMessage, status: () => Promise<StatusDocument>): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const page = PAGES.get(path);
  if (page === undefined) return refusal(404, 'not-found', `there are: ${[...PAGES.keys()].join(', ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refusal(405, 'method-not-allowed', 'only GET and HEAD: this server changes nothing', {
      allow: 'GET, HEAD',
    });
  try {
    return page(await status());
  } catch {
    // No more than this: paths and causes are for the operator's log, and the page may be public.
    return refusal(
      503,
      'store-unreadable',
      'the state cannot be read at the moment: look at the log of `understudy serve`',
    );
  }
}

function send(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    'content-type': answer.type,
    'content-length': body.length,
    connection: 'close', // a body that was sent along is not read, and nobody waits here for his next question
    ...answer.headers,
  });
  response.end(body); // which Node leaves out for HEAD
}

/** @returns what the limit counts by: an IPv4 address, or the /64 of an IPv6 one */
function networkOf(address: string): string {
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const [head = '', tail = ''] = address.split('::', 2);
  const first = head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

/** Drops connections beyond MAX_CONNECTIONS_EACH as they come. */
function limitEach(server: Server): void {
  const counts = new Map<string, number>();
  server.on('connection', socket => {
    const network = networkOf(socket.remoteAddress ?? '');
    const count = (counts.get(network) ?? 0) + 1;
    counts.set(network, count);
    socket.once('close', () => {
      const left = (counts.get(network) ?? 1) - 1;
      if (left === 0) counts.delete(network);
      else counts.set(network, left);
    });
    if (count > MAX_CONNECTIONS_EACH) socket.destroy();
  });
}

/**
 * Starts the server on `settings.serve`.
 * @throws UnderstudyError `serve-failed` when the address cannot be listened on
 */
export async function startServer(options: ServerOptions): Promise<StatusServer> {
  const status = cachedStatus(options);
  const server = createServer(LIMITS, (request, response) => {
    response.on('error', () => {}); // the reader has gone
    void answerTo(request, status).then(answer => send(response, answer));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 1;
  limitEach(server);
  const { host, port } = options.settings.serve;
  await listen(server, host, port);
  const address = server.address();
  const taken = address !== null && typeof address === 'object' ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new UnderstudyError({
          code: 'serve-failed',
          message: `the status server cannot listen on ${host} port ${port} (${cause.code ?? cause.message})`,
          next: 'choose another address or port under `serve` in the config',
          cause,
        }),
      ),
    );
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      server.on('error', () => {}); // out of file descriptors: those who connect are refused, the process stays up
      resolve();
    });
  });
}
