/**
 * What goes wrong on a bad night, on demand: each fault is good for the next `n` requests that fit `only`, in the
 * order in which the faults were asked for. A fault that is used up is gone.
 */

/** `truncated`: cut in the middle · `shape`: JSON of the wrong shapes · `binary`: no text at all · `huge`: the true answer and 8 MiB of padding. */
export type GarbageKind = 'truncated' | 'shape' | 'binary' | 'huge';

export type Fault =
  /** Cuts the connection with a reset before the request is looked at. */
  | { readonly kind: 'refuse' }
  /** Takes the request and says nothing, for ever. Nothing is done. */
  | { readonly kind: 'hang' }
  /** A proxy's page in place of the API. Nothing is done. */
  | { readonly kind: 'html'; readonly status: number }
  /** The request is carried out, and its answer mangled. */
  | { readonly kind: 'garbage'; readonly garbage: GarbageKind }
  /** An error of the API with that status. Nothing is done. */
  | { readonly kind: 'status'; readonly status: number; readonly code: string | null }
  /** As `status`, with a message that repeats the request's headers, token and all, as debugging proxies do. */
  | { readonly kind: 'echo'; readonly status: number }
  /** The request is carried out at once, and answered after `ms`. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The request is carried out, and the connection cut in place of an answer. */
  | { readonly kind: 'lose-reply' }
  /** A power command is taken, its action succeeds, and nothing changes. */
  | { readonly kind: 'lie' }
  /** A power command is taken, and its action ends in an error with nothing changed. */
  | { readonly kind: 'fail-action' };

interface Pending {
  readonly fault: Fault;
  readonly only: RegExp;
  left: number;
}

const ANY = /^/;
const WRITES = /^POST /;

/** `only` is matched against `METHOD /path?query` as sent, e.g. `GET /v1/servers/1`. */
export class Faults {
  #pending: Pending[] = [];

  refuse(n: number, only: RegExp = ANY): void {
    this.#add({ kind: 'refuse' }, n, only);
  }
  hang(n: number, only: RegExp = ANY): void {
    this.#add({ kind: 'hang' }, n, only);
  }
  html(n: number, only: RegExp = ANY, status = 200): void {
    this.#add({ kind: 'html', status }, n, only);
  }
  garbage(n: number, garbage: GarbageKind = 'shape', only: RegExp = ANY): void {
    this.#add({ kind: 'garbage', garbage }, n, only);
  }
  /** @param code the vendor's error code; left out, the usual one of that status */
  status(status: number, n: number, only: RegExp = ANY, code: string | null = null): void {
    this.#add({ kind: 'status', status, code }, n, only);
  }
  echo(status: number, n: number, only: RegExp = ANY): void {
    this.#add({ kind: 'echo', status }, n, only);
  }
  late(ms: number, n: number, only: RegExp = ANY): void {
    this.#add({ kind: 'late', ms }, n, only);
  }
  loseReply(n: number, only: RegExp = WRITES): void {
    this.#add({ kind: 'lose-reply' }, n, only);
  }
  lie(n: number): void {
    this.#add({ kind: 'lie' }, n, WRITES);
  }
  failAction(n: number): void {
    this.#add({ kind: 'fail-action' }, n, WRITES);
  }
  throttle(n: number, only: RegExp = ANY): void {
    this.status(429, n, only);
  }
  /** All is well again. */
  clear(): void {
    this.#pending = [];
  }

  /** @returns the fault for this request, used up by one, or null */
  take(request: string): Fault | null {
    const found = this.#pending.find(pending => pending.only.test(request));
    if (found === undefined) return null;
    found.left -= 1;
    if (found.left <= 0) this.#pending = this.#pending.filter(pending => pending !== found);
    return found.fault;
  }

  #add(fault: Fault, n: number, only: RegExp): void {
    if (n > 0) this.#pending.push({ fault, only, left: n });
  }
}

/** An answer that no reader should choke on, nor believe. */
export function mangle(kind: GarbageKind, answer: string): Buffer {
  if (kind === 'truncated') return Buffer.from(answer.slice(0, Math.floor(answer.length / 2)));
  if (kind === 'binary') return Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 73 + 128) % 256));
  if (kind === 'huge')
    return Buffer.from(answer.replace(/\}$/, `,"padding":"${'x'.repeat(8 * 1_048_576)}"}`));
  return Buffer.from(
    '{"server":{"id":"1","status":["off"]},"action":{"id":null,"status":1},"servers":"none"}',
  );
}
