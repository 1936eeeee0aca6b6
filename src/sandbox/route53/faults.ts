/**
 * What can go wrong between a client and the Route 53 control plane, as data that a test or a drill queues up.
 * The point of most of them is the doubt they leave: was the write done or not?
 */

export type Operation =
  | 'ListHostedZones'
  | 'ListHostedZonesByName'
  | 'GetHostedZone'
  | 'ListResourceRecordSets'
  | 'ChangeResourceRecordSets'
  | 'GetChange';

/** What goes over the wire. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

export type Fault =
  /** The work is done, the connection is cut before a byte of the answer. */
  | { readonly do: 'lose-reply' }
  /** The connection is cut, nothing is done. */
  | { readonly do: 'cut' }
  /** Nothing is done and nothing is answered until the client gives up. */
  | { readonly do: 'hang' }
  /** The work is done, nothing is answered until the client gives up. */
  | { readonly do: 'hang-after' }
  /** The work is done at once, the answer comes `ms` later. */
  | { readonly do: 'late'; readonly ms: number }
  /** The connection is cut at once, the work is done when `when` resolves: a write that lands after the read-back. */
  | { readonly do: 'land-late'; readonly when: Promise<unknown> }
  /** The work is done, the answer ends in the middle. */
  | { readonly do: 'truncate' }
  /** The work is done, and `mangle` makes something else of its answer. */
  | { readonly do: 'mangle'; mangle(answer: Answer): Answer }
  /** The work is done, the answer comes one byte a time and never ends. */
  | { readonly do: 'trickle' }
  /** Nothing is done; this is answered, whatever it is. */
  | { readonly do: 'answer'; readonly status: number; readonly type: string; readonly body: string }
  /** Nothing is done; the refusal repeats the request's headers, as a SignatureDoesNotMatch does. */
  | { readonly do: 'echo' }
  /** Nothing is done; a well-formed error of the vendor. */
  | { readonly do: 'error'; readonly status: number; readonly code: string; readonly message: string };

const HTML = '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>';

/** The ones that are met most, by name. */
export const FAULTS = {
  loseReply: { do: 'lose-reply' },
  cut: { do: 'cut' },
  hang: { do: 'hang' },
  hangAfter: { do: 'hang-after' },
  truncate: { do: 'truncate' },
  trickle: { do: 'trickle' },
  html: { do: 'answer', status: 502, type: 'text/html', body: HTML },
  htmlOk: { do: 'answer', status: 200, type: 'text/html', body: HTML },
  garbage: { do: 'answer', status: 200, type: 'text/xml', body: '\u0000\u0001<<<&&&;{]]>' },
  echo: { do: 'echo' },
  empty: { do: 'answer', status: 200, type: 'text/xml', body: '' },
  throttled: { do: 'error', status: 400, code: 'Throttling', message: 'Rate exceeded' },
  priorRequest: {
    do: 'error',
    status: 400,
    code: 'PriorRequestNotComplete',
    message: 'The request was rejected because Route 53 was still processing a prior request.',
  },
  denied: {
    do: 'error',
    status: 403,
    code: 'AccessDenied',
    message: 'User: arn:aws:iam::123456789012:user/understudy is not authorized to perform this action',
  },
  internal: {
    do: 'error',
    status: 500,
    code: 'InternalFailure',
    message: 'We encountered an internal error.',
  },
} as const satisfies Record<string, Fault>;

/** Which requests a fault may meet: one operation, the one that writes, or those that read. */
export type Hits = Operation | 'writes' | 'reads';

interface Queued {
  readonly fault: Fault;
  readonly hits: Hits | null;
  left: number;
}

export class Faults {
  #queue: Queued[] = [];
  #decide: ((operation: Operation) => Fault | null) | null = null;

  /** The next `times` requests (those that `hits` names only, when given) meet the fault. `Infinity` is allowed. */
  add(fault: Fault, options: { readonly hits?: Hits; readonly times?: number } = {}): void {
    this.#queue.push({ fault, hits: options.hits ?? null, left: options.times ?? 1 });
  }

  /** Asked for each request that no queued fault has met; for seeded random faults. */
  decide(decider: ((operation: Operation) => Fault | null) | null): void {
    this.#decide = decider;
  }

  clear(): void {
    this.#queue = [];
    this.#decide = null;
  }

  /** The fault that this request meets, used up; null for none. */
  take(operation: Operation): Fault | null {
    const hit = this.#queue.find(one => one.left > 0 && meets(one.hits, operation));
    if (hit === undefined) return this.#decide?.(operation) ?? null;
    hit.left -= 1;
    return hit.fault;
  }
}

function meets(hits: Hits | null, operation: Operation): boolean {
  if (hits === null || hits === operation) return true;
  const writes = operation === 'ChangeResourceRecordSets';
  return hits === 'writes' ? writes : hits === 'reads' && !writes;
}
