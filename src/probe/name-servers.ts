/** The NameServers port: asks an authoritative server directly, to read the epoch without credentials and to verify a flip. */
import { isIP } from 'node:net';
import type { Failure } from '../model/sample.ts';
import { ProviderError, type ProviderErrorCode } from '../ports/errors.ts';
import type { NameServerAnswer, NameServers } from '../ports/providers.ts';
import { Attempt, failureOf } from './attempt.ts';
import { query } from './dns-query.ts';
import { randomId } from './random-id.ts';

export interface NameServersOptions {
  /** A whole number 0–65535 that cannot be guessed. */
  readonly randomId?: () => number;
}

export function createNameServers(options: NameServersOptions = {}): NameServers {
  const id = options.randomId ?? randomId;
  return {
    ask: (server, name, type, signal) =>
      new Promise<NameServerAnswer>((resolve, reject) => {
        const place = parseServer(server);
        if (place === null) {
          reject(failed(server, 'provider-rejected', 'is not of the form ip:port'));
          return;
        }
        // The signal is the deadline here; the attempt only holds what must be closed.
        const attempt = new Attempt(0);
        const conclude = (settle: () => void) => {
          if (attempt.ended) return;
          signal.removeEventListener('abort', abort);
          attempt.end();
          settle();
        };
        const abort = () =>
          conclude(() => reject(failed(server, 'provider-timeout', `gave no ${attempt.phase} in time`)));
        signal.addEventListener('abort', abort);
        if (signal.aborted) {
          abort();
          return;
        }
        query(attempt, place.address, place.port, { name, type, recursive: false }, id).then(
          answer => conclude(() => resolve(answer)),
          thrown => {
            const failure = failureOf(thrown);
            conclude(() => reject(failed(server, CODES[failure.failure], failure.message, failure)));
          },
        );
      }),
  };
}

const CODES: Readonly<Record<Failure, ProviderErrorCode>> = {
  refused: 'provider-unreachable',
  timeout: 'provider-timeout',
  unreachable: 'provider-unreachable',
  'no-route': 'provider-unreachable',
  reset: 'provider-unreachable',
  protocol: 'provider-garbage',
  status: 'provider-garbage',
  tls: 'provider-garbage',
  exit: 'provider-failed',
  internal: 'provider-rejected',
};

function failed(server: string, code: ProviderErrorCode, what: string, cause?: unknown): ProviderError {
  return new ProviderError({
    code,
    message: `the name server ${server}: ${what}`,
    retriable: code === 'provider-unreachable' || code === 'provider-timeout',
    next: `dig @${server.replace(/:\d+$/, '')} to see what it answers`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** `192.0.2.1:53`, `[2001:db8::1]:53`, or a bare address with port 53. @returns null when it is none of these */
export function parseServer(server: string): { address: string; port: number } | null {
  if (isIP(server) !== 0) return { address: server, port: 53 };
  const match = /^(?:\[([^\]]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(server);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const family = isIP(address);
  const bracketed = match?.[1] !== undefined;
  if (family === 0 || (family === 6) !== bracketed || !(port >= 1 && port <= 65535)) return null;
  return { address, port };
}
