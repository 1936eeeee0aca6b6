/**
 * What the AWS SDK throws, as a ProviderError: which kind of failure it is, whether a write may have been done all
 * the same, and nothing that could carry a credential. The SDK's own error objects hold the raw response and are
 * never passed on, not even as `cause`.
 */
import { ProviderError, type ProviderErrorCode } from '../../ports/errors.ts';
import type { StaticCredentials } from './settings.ts';

/** Removes credentials and control characters and keeps messages short. */
export type Redact = (text: string) => string;

const LONGEST_MESSAGE = 300;

/** The known values are taken out as they are; those of the SDK's default chain by the look of them. */
export function createRedact(credentials: StaticCredentials | null): Redact {
  const known =
    credentials === null
      ? []
      : [credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken].flatMap(secret =>
          secret === null ? [] : [secret.reveal()],
        );
  return text => {
    let clean = text;
    for (const value of known) clean = clean.replaceAll(value, '[secret]');
    return (
      clean
        .replace(/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, '[secret]')
        // The canonical string in a SignatureDoesNotMatch repeats the request's headers.
        .replace(/(x-amz-security-token["':=\s]+)\S+/gi, '$1[secret]')
        .replace(/((?:Credential|Signature)=)[^,\s]+/g, '$1[secret]')
        // these are what must not reach a terminal
        .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
        // Advice of the SDK to its programmers.
        .replace(/\s*Deserialization error: to see the raw response.*/, '')
        .slice(0, LONGEST_MESSAGE)
    );
  };
}

/** The fields of an SDK or Node error that are looked at. */
interface Thrown {
  readonly name: string;
  readonly message: string;
  /** Node's: ECONNREFUSED … */
  readonly code: string;
  readonly syscall: string;
  /** `client`, `server`; empty when no well-formed error came back. */
  readonly fault: string;
  /** The vendor's code is in `name` only when the body was the vendor's XML. */
  readonly fromVendor: boolean;
  readonly status: number;
}

interface Kind {
  readonly code: ProviderErrorCode;
  readonly retriable: boolean;
  /** Certain that a write was not done. */
  readonly refused: boolean;
  readonly next?: string;
}

const THROTTLES = /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitsExceeded)/;
const UNAUTHORIZED =
  /^(AccessDenied|InvalidClientTokenId|SignatureDoesNotMatch|MissingAuthenticationToken|IncompleteSignature|ExpiredToken|UnrecognizedClient|InvalidSignature|OptInRequired|RequestExpired|RequestTimeTooSkewed|NotAuthorized)/;
const CHECK_CREDENTIALS =
  'check the AWS credentials, their route53 rights for this zone, and the clock of this machine';

/**
 * What the SDK throws, as seen from @aws-sdk/client-route-53 3.1169 on Node 20, and how it is read:
 *
 * - An error of the vendor: `name` is the vendor's code, `$fault` is `client` or `server`, and
 *   `$metadata.httpStatusCode` the status; `code` and `syscall` are not set. Throttling 400 → throttled;
 *   PriorRequestNotComplete 400 → busy; AccessDenied, SignatureDoesNotMatch 403 … → unauthorized; NoSuchHostedZone,
 *   NoSuchChange 404 → not-found; InvalidChangeBatch, InvalidInput 400 → rejected. All of these: not applied.
 *   InternalFailure 500, ServiceUnavailable 503, any other `$fault: 'server'` → failed, a write is in doubt.
 * - A proxy's page with an error status: `name: 'Unknown'`, `message: 'UnknownError'`, `$fault`, the status →
 *   garbage, in doubt.
 * - A body that is cut off or no XML, status 200: `name: 'Error'`, no `$fault`, `$metadata.httpStatusCode: 200` →
 *   garbage, in doubt. A page or an empty body with status 200 throws nothing: the output is just `$metadata`.
 * - The way there: Node's error with `code`, no `$metadata`. `syscall: 'connect'` (ECONNREFUSED, EHOSTUNREACH,
 *   ENETUNREACH, ETIMEDOUT) or `'getaddrinfo'` (ENOTFOUND, EAI_AGAIN): never sent. `ECONNRESET` "socket hang up",
 *   `EPIPE` (the SDK renames these and ETIMEDOUT to `TimeoutError`): in doubt. ETIMEDOUT → timeout, the others →
 *   unreachable. With several addresses it is an AggregateError; its first of `errors` counts.
 * - The deadline: `name: 'AbortError'`, or the signal's reason, with `timedOut` → timeout, in doubt.
 * - No credentials: `name: 'CredentialsProviderError'` or `'TokenProviderError'` → unauthorized, never sent.
 *
 * Only `throttled`, `busy`, `timeout`, `unreachable`, `garbage` and `failed` are retriable.
 * @param doing what was attempted, for the message: `list the record sets of zone Z1`
 * @param write then `applied` is `unknown` unless it is certain that nothing was done
 * @param timedOut the deadline had passed when it was thrown
 */
export function failure(
  doing: string,
  thrown: unknown,
  options: { readonly write: boolean; readonly timedOut: boolean; readonly redact: Redact },
): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const facts = factsOf(thrown);
  const kind = kindOf(facts, options.timedOut);
  const said = options.redact(`${facts.name}${facts.code === '' ? '' : ` ${facts.code}`}: ${facts.message}`);
  const status = facts.status === 0 ? '' : ` (HTTP ${facts.status})`;
  return new ProviderError({
    code: kind.code,
    message: `Route 53: could not ${doing}: ${WORDS[kind.code]}${status}: ${said}`,
    retriable: kind.retriable,
    applied: options.write && !kind.refused ? 'unknown' : 'no',
    ...(kind.next === undefined ? {} : { next: kind.next }),
    cause: new Error(said),
  });
}

const WORDS: Readonly<Record<ProviderErrorCode, string>> = {
  'provider-unreachable': 'not reached',
  'provider-timeout': 'no whole answer in time',
  'provider-throttled': 'too many requests',
  'provider-unauthorized': 'the credentials were not accepted',
  'provider-not-found': 'not found',
  'provider-busy': 'an earlier change is still under way',
  'provider-rejected': 'refused',
  'provider-garbage': 'the answer made no sense',
  'provider-failed': 'the API failed',
};

function factsOf(thrown: unknown): Thrown {
  const top = fieldsOf(thrown);
  // Happy eyeballs wraps one error for each address; the first tells enough.
  const nested = Array.isArray(top.errors) ? fieldsOf(top.errors[0]) : {};
  const metadata = fieldsOf(top.$metadata);
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    name: text(top.name) || 'Error',
    message: text(top.message) || text(nested.message),
    code: text(top.code) || text(nested.code),
    syscall: text(top.syscall) || text(nested.syscall),
    fault: text(top.$fault),
    fromVendor: text(top.$fault) !== '' && text(top.name) !== 'Unknown' && text(top.name) !== 'UnknownError',
    status: typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function kindOf(facts: Thrown, timedOut: boolean): Kind {
  if (facts.name === 'CredentialsProviderError' || facts.name === 'TokenProviderError')
    return { code: 'provider-unauthorized', retriable: false, refused: true, next: CHECK_CREDENTIALS };
  if (facts.fromVendor) return vendorKind(facts);
  if (facts.status !== 0) return { code: 'provider-garbage', retriable: true, refused: false };
  // Nothing was sent before the connection stood; the same codes from read or write would say nothing.
  const neverSent = facts.syscall === 'connect' || facts.syscall === 'getaddrinfo';
  if (timedOut || facts.code === 'ETIMEDOUT')
    return { code: 'provider-timeout', retriable: true, refused: neverSent };
  if (facts.code !== '') return { code: 'provider-unreachable', retriable: true, refused: neverSent };
  return { code: 'provider-garbage', retriable: true, refused: false };
}

function vendorKind({ name, status, fault }: Thrown): Kind {
  if (THROTTLES.test(name) || status === 429)
    return { code: 'provider-throttled', retriable: true, refused: true };
  if (name === 'PriorRequestNotComplete') return { code: 'provider-busy', retriable: true, refused: true };
  if (UNAUTHORIZED.test(name) || status === 401 || status === 403)
    return { code: 'provider-unauthorized', retriable: false, refused: true, next: CHECK_CREDENTIALS };
  if (name.startsWith('NoSuch') || status === 404)
    return {
      code: 'provider-not-found',
      retriable: false,
      refused: true,
      next: 'check the zone id in the config',
    };
  if (fault === 'client' && status >= 400 && status < 500)
    return { code: 'provider-rejected', retriable: false, refused: true };
  return { code: 'provider-failed', retriable: true, refused: false };
}
