/**
 * One attempt of one probe: a single timer, everything that must be closed when it ends, and the mapping of what
 * went wrong to the closed set of failures. The promise it gives is settled by the deadline whatever the kind's
 * code or the peer does, because the timer does not ask them. A plain timer and no AbortSignal: at a thousand
 * targets the signals alone would cost more than the connections.
 */
import type { Failure, ProbeResult } from '../model/sample.ts';
import { clean } from './text.ts';

type Facts = Record<string, string | number | boolean>;

/** Thrown inside a kind's code for what a peer does; never leaves the prober. */
export class ProbeFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, detail: string) {
    super(detail);
    this.name = 'ProbeFailure';
    this.failure = failure;
  }
}

/** What a kind's code holds while it runs. */
export class Attempt {
  readonly timeoutMs: number;
  /** Facts measured so far; they stay in the result when the rest fails (a certificate's end before an HTTP hang). */
  readonly facts: Facts = {};
  /** What is awaited, for the sentence of a timeout: `no <phase> within 500 ms`. */
  phase = 'connection';
  /** Once set, the outcome is decided: the rest is politeness (QUIT), and its deadline is no failure. */
  verdict: ProbeResult | null = null;
  #ended = false;
  #closers: (() => void)[] = [];

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** `close` is called exactly once: when the attempt ends, or at once if it has ended (a slow import, say). */
  onEnd(close: () => void): void {
    if (this.#ended) close();
    else this.#closers.push(close);
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // Last opened, first closed: TLS before the socket under it. Node 20 crashes (SIGSEGV) the other way round.
    for (const close of this.#closers.reverse()) close();
    this.#closers = [];
  }
}

/** Timers take at most 2^31-1 ms; anything odd from a caller becomes a short, still absolute, deadline. */
function timerMs(timeoutMs: number): number {
  return Number.isFinite(timeoutMs) ? Math.min(Math.max(timeoutMs, 1), 0x7fffffff) : 1;
}

/**
 * Runs `work` under an absolute deadline. Never rejects; resolves at the deadline at the latest, with every
 * socket, process and timer of the attempt released.
 * @param secrets taken out of all that the peer says: a server may repeat the password that it refuses
 */
export function runAttempt(
  timeoutMs: number,
  work: (attempt: Attempt) => Promise<ProbeResult>,
  secrets: readonly string[] = [],
): Promise<ProbeResult> {
  return new Promise(resolve => {
    const attempt = new Attempt(timeoutMs);
    const settle = (result: ProbeResult) => {
      if (attempt.ended) return;
      clearTimeout(timer);
      const whole = finish(result, attempt.facts, secrets);
      attempt.end();
      resolve(whole);
    };
    const fail = (thrown: unknown) => settle(attempt.verdict ?? resultOf(failureOf(thrown)));
    const timer = setTimeout(() => {
      const detail = `no ${attempt.phase} within ${timeoutMs} ms`;
      settle(attempt.verdict ?? { ok: false, failure: 'timeout', detail });
    }, timerMs(timeoutMs));
    try {
      work(attempt).then(settle, fail);
    } catch (thrown) {
      fail(thrown);
    }
  });
}

function resultOf(failure: ProbeFailure): ProbeResult {
  return { ok: false, failure: failure.failure, detail: failure.message };
}

/** Cleans what came from the peer and joins the facts of the attempt and of the result. */
function finish(result: ProbeResult, measured: Facts, secrets: readonly string[]): ProbeResult {
  const facts: Facts = { ...measured, ...result.facts };
  // Before it is cut to length, or part of a secret could be left at the cut.
  const show = (text: string) =>
    clean(secrets.reduce((left, secret) => left.replaceAll(secret, '[secret]'), text));
  for (const [key, value] of Object.entries(facts)) if (typeof value === 'string') facts[key] = show(value);
  return {
    ok: result.ok,
    ...(result.failure === undefined ? {} : { failure: result.failure }),
    ...(result.detail === undefined ? {} : { detail: show(result.detail) }),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  };
}

/**
 * What the kernel's error codes say. ICMP "administratively prohibited", which is how a locked address may answer,
 * arrives as EHOSTUNREACH in IPv4 and as EACCES in IPv6 (Linux, net/ipv4/icmp.c and net/ipv6/icmp.c); EPERM is
 * this machine's own packet filter.
 */
const BY_CODE: Readonly<Record<string, readonly [Failure, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ETIMEDOUT: ['timeout', 'connection timed out'],
  EHOSTUNREACH: ['unreachable', 'host unreachable'],
  EHOSTDOWN: ['unreachable', 'host down'],
  ENONET: ['unreachable', 'host isolated'],
  ENOPROTOOPT: ['unreachable', 'protocol unreachable'],
  EACCES: ['unreachable', 'administratively prohibited'],
  ENETUNREACH: ['no-route', 'network unreachable'],
  ENETDOWN: ['no-route', 'network down'],
  EADDRNOTAVAIL: ['no-route', 'no local address to send from'],
  EAFNOSUPPORT: ['no-route', 'address family not supported here'],
  EPERM: ['no-route', 'forbidden by a packet filter here'],
  ECONNRESET: ['reset', 'connection cut by the peer'],
  ECONNABORTED: ['reset', 'connection aborted'],
  EPIPE: ['reset', 'connection closed by the peer'],
  EPROTO: ['tls', 'TLS failed'],
  EMFILE: ['internal', 'out of file descriptors'],
  ENFILE: ['internal', 'the system is out of file descriptors'],
  ENOBUFS: ['internal', 'out of buffers'],
  ENOMEM: ['internal', 'out of memory'],
  EAGAIN: ['internal', 'out of processes or ports'],
};

/** The `code` of a system or library error, or '' when it has none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** Maps any error to one of the failures; text of the peer may be in it, `clean` comes later. */
export function failureOf(thrown: unknown): ProbeFailure {
  if (thrown instanceof ProbeFailure) return thrown;
  const code = codeOf(thrown);
  const known = BY_CODE[code];
  if (known) return new ProbeFailure(known[0], `${known[1]} (${code})`);
  if (code.startsWith('HPE_')) return new ProbeFailure('protocol', `not valid HTTP (${code})`);
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_'))
    return new ProbeFailure('tls', `TLS failed (${code})`);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ProbeFailure('internal', code === '' ? message : `${message} (${code})`);
}
