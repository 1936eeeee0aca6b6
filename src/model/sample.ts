/**
 * What a probe saw. One sample is one result of one probe of one site in one address family from one
 * vantage. Samples are facts: nothing is judged here, so that a recorded trace can be judged again later
 * with other thresholds.
 */

/** Address family. v4 and v6 are watched apart because hosters lock them apart (Hetzner: `public_net.ipv4|ipv6.blocked`). */
export const FAMILIES = ['v4', 'v6'] as const;
export type Family = (typeof FAMILIES)[number];

/** Why a probe failed, as a closed set: the judge and the phrases may branch on these, never on text. */
export const FAILURES = [
  'refused', // RST on connect: the host is there, the service is not
  'timeout', // nothing by the deadline: black hole, hang, or a peer that trickles bytes
  'unreachable', // EHOSTUNREACH from the path (a lock at Hetzner shows as this, within milliseconds)
  'no-route', // ENETUNREACH / EADDRNOTAVAIL: *this* machine has no way out in this family
  'reset', // connection cut after it was accepted
  'protocol', // the peer spoke, but not the protocol asked for (or too much of it)
  'status', // the protocol was right and the answer was "no" (HTTP 500, SMTP 421, wrong DNS answer …)
  'tls', // handshake or certificate
  'exit', // a command probe ended with a status other than 0
  'internal', // the probe itself could not be run (command missing, out of file descriptors)
] as const;
export type Failure = (typeof FAILURES)[number];

/** What one attempt of a probe kind found out. `detail` is plain text of at most 200 characters, control characters removed. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly failure?: Failure;
  readonly detail?: string;
  /** Measured facts beside up/down, e.g. `certificateExpiresAt` (ms since the epoch), `status`, `banner`. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface Sample extends ProbeResult {
  readonly service: string;
  readonly site: string;
  readonly probe: string;
  readonly family: Family;
  /** Where it was probed from; `local` is this machine. */
  readonly vantage: string;
  /** When the probe *started*, ms since the Unix epoch. */
  readonly at: number;
  /** How long it took, ms. */
  readonly tookMs: number;
}

/** A look at a host that has nothing to do with the service: proof that our own network is up in this family. */
export interface ReferenceSample {
  readonly reference: string;
  readonly family: Family;
  readonly at: number;
  readonly tookMs: number;
  readonly ok: boolean;
  readonly failure?: Failure;
}
