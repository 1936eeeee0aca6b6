/**
 * What can go wrong on the way to Hetzner's API, in the codes of the ports: from HTTP statuses with the vendor's
 * `{error:{code,message}}`, and from what the network stack says. HTTP 423 `locked` means that an action is
 * running on the machine; it has nothing to do with an abuse lock.
 */

import type { ProviderErrorCode } from '../../ports/errors.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { Redact } from './redact.ts';

/** One request, as far as errors need to know it. */
export interface Asked {
  /** For people: `power off server 42`. */
  readonly what: string;
  /** True when it may change the world. */
  readonly write: boolean;
}

interface Meaning {
  readonly code: ProviderErrorCode;
  readonly retriable: boolean;
  /** Certain that a write was not done. */
  readonly refused: boolean;
  readonly next?: string;
}

const CHECK_TOKEN =
  'check the token of this provider: it must be of the project that holds the server, with read and write permission';
const CHECK_ENDPOINT = 'check `endpoint` of this provider, and whether a proxy stands in between';
const CHECK_SERVER = 'check `server` of the site: `hcloud server list` shows the ids';
const WAIT_ACTION = 'wait for the running action to end (Hetzner Console, or `hcloud server describe`)';

/** Vendor codes that say more than the status they come with. A Map, since an object would know a code `constructor` too. */
const BY_VENDOR_CODE: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    rate_limit_exceeded: { code: 'provider-throttled', retriable: true, refused: true },
    locked: { code: 'provider-busy', retriable: true, refused: true, next: WAIT_ACTION },
    conflict: { code: 'provider-busy', retriable: true, refused: true },
    protected: { code: 'provider-rejected', retriable: false, refused: true },
    resource_limit_exceeded: { code: 'provider-rejected', retriable: false, refused: true },
  }),
);

/** Statuses whose meaning does not hang on the body: proxies answer some of them in HTML. */
const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: { code: 'provider-unauthorized', retriable: false, refused: true, next: CHECK_TOKEN },
  408: { code: 'provider-failed', retriable: true, refused: false },
  429: { code: 'provider-throttled', retriable: true, refused: true },
};

/** Statuses that count only with the vendor's own error body; without it something else than the API spoke. */
const BY_STATUS_IN_JSON: Readonly<Record<number, Meaning>> = {
  403: { code: 'provider-unauthorized', retriable: false, refused: true, next: CHECK_TOKEN },
  404: { code: 'provider-not-found', retriable: false, refused: true, next: CHECK_SERVER },
  409: { code: 'provider-busy', retriable: true, refused: true },
  412: { code: 'provider-failed', retriable: true, refused: true },
  423: { code: 'provider-busy', retriable: true, refused: true, next: WAIT_ACTION },
};

const GARBAGE: Meaning = { code: 'provider-garbage', retriable: true, refused: false, next: CHECK_ENDPOINT };

function meaningOf(status: number, vendorCode: string | null): Meaning {
  const always = BY_STATUS[status];
  if (always !== undefined) return always;
  // A 5xx may be said by a gateway after the API did the work.
  if (status >= 500) return { code: 'provider-failed', retriable: true, refused: false };
  if (status < 400 || vendorCode === null) return GARBAGE;
  return (
    BY_VENDOR_CODE.get(vendorCode) ??
    BY_STATUS_IN_JSON[status] ?? { code: 'provider-rejected', retriable: false, refused: true }
  );
}

/** @returns the error for an answer that is not a success; `body` is the parsed JSON, or undefined when it was none */
export function fromAnswer(asked: Asked, status: number, body: unknown, redact: Redact): ProviderError {
  const vendor = vendorError(body);
  const meaning = meaningOf(status, vendor?.code ?? null);
  const said =
    vendor === null ? 'without an error of the API in it' : `${vendor.code}: ${redact(vendor.message)}`;
  return new ProviderError({
    code: meaning.code,
    message: redact(`Hetzner Cloud: ${asked.what}: HTTP ${status}, ${said}`),
    retriable: meaning.retriable,
    applied: asked.write && !meaning.refused ? 'unknown' : 'no',
    ...(meaning.next === undefined ? {} : { next: meaning.next }),
  });
}

/** @returns the error for an answer that is not what the API would say; `why` is one of our own words */
export function garbage(asked: Asked, why: string): ProviderError {
  return new ProviderError({
    code: 'provider-garbage',
    message: `Hetzner Cloud: ${asked.what}: ${why}`,
    retriable: true,
    applied: asked.write ? 'unknown' : 'no',
    next: CHECK_ENDPOINT,
  });
}

/** @returns the error for a request that had no whole answer in time; `cause` is what had failed before, if anything */
export function timedOut(
  asked: Asked,
  within: string,
  applied: 'no' | 'unknown',
  cause?: ProviderError,
): ProviderError {
  return new ProviderError({
    code: 'provider-timeout',
    message: `Hetzner Cloud: ${asked.what}: not done ${within}${cause === undefined ? '' : ` (last: ${cause.code})`}`,
    retriable: true,
    applied,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Nothing was sent: the connection was never made. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);
/** The peer talks, but not HTTP, or more of it than any answer of this API has. */
const NOT_HTTP = /^(HPE_|Z_|ERR_BAD_RESPONSE$|ERR_.*BUFFER|EPROTO$)/;
const NOT_TRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/;

/**
 * @param thrown what axios threw; only its code and its message are looked at, since the rest holds the token
 */
export function fromNetwork(asked: Asked, thrown: unknown, redact: Redact): ProviderError {
  const code = textOf(thrown, 'code') ?? 'no code';
  const message = textOf(thrown, 'message') ?? '';
  // axios gives the same code to an answer that is too long and to one that was cut off in the middle.
  const cut = /aborted/.test(message);
  if (NOT_HTTP.test(code) && !cut) return garbage(asked, `not an answer (${redact(code)})`);
  const trust = NOT_TRUSTED.test(code);
  const sent = !NOT_SENT.has(code) && !trust;
  const fate = trust ? 'certificate refused' : cut ? 'the answer was cut off' : 'no answer';
  return new ProviderError({
    code: 'provider-unreachable',
    message: redact(`Hetzner Cloud: ${asked.what}: ${fate} (${code})`),
    retriable: !trust,
    applied: asked.write && sent ? 'unknown' : 'no',
    cause: new Error(redact(`${code}: ${message}`)),
    ...(trust ? { next: CHECK_ENDPOINT } : {}),
  });
}

function textOf(thrown: unknown, key: 'code' | 'message'): string | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  const value: unknown = Reflect.get(thrown, key);
  return typeof value === 'string' ? value : null;
}

function vendorError(body: unknown): { readonly code: string; readonly message: string } | null {
  if (typeof body !== 'object' || body === null) return null;
  const error: unknown = Reflect.get(body, 'error');
  const code = textOf(error, 'code');
  if (code === null || !/^[a-z][a-z0-9_]{0,63}$/.test(code)) return null;
  return { code, message: textOf(error, 'message') ?? '' };
}
