/**
 * The one error type that crosses rooms. An operator at 03:00 reads one line and knows what happened, what was
 * not done, and what to type; a program reads `code`, `retriable` and `applied`.
 */

export interface ErrorDetails {
  /** Stable, kebab-case; documented in the README where a user can meet it. */
  readonly code: string;
  /** One static sentence with the particulars; redacted before it gets here. */
  readonly message: string;
  /** Can the same call help later? */
  readonly retriable?: boolean;
  /** For writes: `no`: nothing was changed · `unknown`: it may have been done and the reply lost. */
  readonly applied?: 'no' | 'unknown';
  /** What to do next, as something to type or to look at. */
  readonly next?: string;
  readonly cause?: unknown;
}

export class UnderstudyError extends Error {
  readonly code: string;
  readonly retriable: boolean;
  readonly applied: 'no' | 'unknown';
  readonly next: string | null;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'UnderstudyError';
    this.code = details.code;
    this.retriable = details.retriable ?? false;
    this.applied = details.applied ?? 'no';
    this.next = details.next ?? null;
  }
}

/** Codes that every provider adapter maps its vendor's failures to; the conformance suites ask for them. */
export const PROVIDER_ERRORS = [
  'provider-unreachable', // refused, reset, no route, name not found
  'provider-timeout', // no whole answer by the deadline
  'provider-throttled', // not applied; later may help
  'provider-unauthorized', // credentials are wrong or lack a right; never retried
  'provider-not-found', // no such server, zone, record
  'provider-busy', // locked by a running action, PriorRequestNotComplete: not applied, later helps
  'provider-rejected', // understood and refused, the same call won't help
  'provider-garbage', // HTML, truncated or mis-shapen answer
  'provider-failed', // the vendor's own 5xx or a failed action
] as const;
export type ProviderErrorCode = (typeof PROVIDER_ERRORS)[number];

export class ProviderError extends UnderstudyError {
  declare readonly code: ProviderErrorCode;
  constructor(details: ErrorDetails & { readonly code: ProviderErrorCode }) {
    super(details);
    this.name = 'ProviderError';
  }
}

/** The lease ended or was taken over: whoever held it must stop at once and write nothing more. */
export class LeaseLostError extends UnderstudyError {
  constructor(name: string) {
    super({
      code: 'lease-lost',
      message: `the lease "${name}" is no longer ours: another runner took over, so this one stops here`,
      next: 'nothing: the other runner goes on; see `understudy history`',
    });
    this.name = 'LeaseLostError';
  }
}

/** Another process has written a newer epoch since this one decided: what it was about to write is of the past. */
export class StateMovedError extends UnderstudyError {
  constructor(service: string, decidedOn: number, is: number) {
    super({
      code: 'state-moved',
      message: `the state of ${service} was at epoch ${decidedOn} when this process decided, and is at ${is} now: nothing was written`,
      retriable: true,
      next: 'nothing: the next look decides anew',
    });
    this.name = 'StateMovedError';
  }
}

/** The state store cannot be used. What a run had done by then it does not say: the store can't know. */
export class StoreError extends UnderstudyError {
  declare readonly code:
    'store-unusable' | 'store-full' | 'store-corrupt' | 'store-read-only' | 'store-newer' | 'store-busy';
  constructor(details: ErrorDetails & { readonly code: StoreError['code'] }) {
    super(details);
    this.name = 'StoreError';
  }
}

/** @returns the error as an UnderstudyError, wrapping what is not one yet under `code` */
export function asError(thrown: unknown, code = 'internal'): UnderstudyError {
  if (thrown instanceof UnderstudyError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new UnderstudyError({ code, message, cause: thrown });
}
