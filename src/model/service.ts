/**
 * What the config says, resolved: the form in which every room sees it. All durations are in ms, all names
 * are lower-case FQDNs without the last dot, all defaults are filled in, secrets are `Secret`s.
 */

import type { StepKind } from './plan.ts';
import type { Family } from './sample.ts';
import type { Secret } from './secret.ts';
import type { Policy, VerdictClass } from './verdict.ts';

/** The ceiling over every policy. `propose` (the default) observes and drafts plans; nothing is written until `act`. */
export const MODES = ['observe', 'propose', 'act'] as const;
export type Mode = (typeof MODES)[number];

/** A command given as argv (no shell in between) with its own time limit. */
export interface Command {
  readonly argv: readonly string[];
  readonly limitMs: number;
}

/** One part of promoting a site (database, mail, web …): what to run, and how to see that it took. */
export interface PromotePart {
  readonly name: string;
  readonly run: Command;
  /** Post-check; exit status 0 means "it is so". Also asked first on resume, so it must not change anything. */
  readonly check: Command | null;
}

/** How commands reach a site: `local` runs them here, `ssh` through the OpenSSH client. */
export type Shell =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly identityFile: string | null;
      readonly knownHostsFile: string | null;
      readonly connectTimeoutMs: number;
    };

/**
 * How the old site is kept from serving or writing.
 * power-off: through the hoster's API until `off` is read back · command: a fence agent of the user's, confirmed by
 * its check · wait: the site gives itself up without contact; wait out lease + margin · none: nothing can diverge
 * (legal only for a stateless service).
 */
export const FENCE_METHODS = ['power-off', 'command', 'wait', 'none'] as const;
export type FenceMethod = (typeof FENCE_METHODS)[number];

export interface Fence {
  readonly method: FenceMethod;
  /** `command` only: what fences, and what proves it. */
  readonly run: Command | null;
  readonly check: Command | null;
  /** `wait` only: the site's own lease, and the margin for clocks, ms. */
  readonly leaseMs: number;
  readonly marginMs: number;
  /** True: a provider lock of *every* address of the site counts as the fence. */
  readonly lockCounts: boolean;
}

export interface Site {
  readonly name: string;
  /** Host provider's name in `providers`, or null for a machine no API can tell about. */
  readonly provider: string | null;
  /** The vendor of `provider` (`hcloud` …) or the free-text `vendor` of the config; to warn of two sites at one hoster. */
  readonly vendor: string | null;
  /** The machine's id at the provider. */
  readonly server: string | null;
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
  readonly shell: Shell;
  readonly fence: Fence;
  readonly promote: readonly PromotePart[];
  /** Switchover: stop taking writes on the old site; then wait on the new site until it has all of them. */
  readonly quiesce: Command | null;
  readonly catchUp: Command | null;
  /** Prints the age of the newest replicated data in seconds on its last line. Run on the standby. */
  readonly freshness: Command | null;
  readonly maxLagMs: number | null;
  /** Evidence to take before anything is stopped; best effort. */
  readonly snapshot: Command | null;
}

/** A probe as configured. `params` are the kind's own, already validated against its field table. */
export interface ProbeSpec {
  /** Unique in the service; defaults to the kind. */
  readonly id: string;
  readonly kind: string;
  readonly required: boolean;
  readonly families: readonly Family[];
  readonly timeoutMs: number;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Thresholds {
  /** Consecutive failures of a probe … */
  readonly failures: number;
  /** … and the time from the start of the first to now, ms. Both must be reached. */
  readonly failingForMs: number;
  /** A withdrawn family must be well for so long before it is published again, ms. */
  readonly returnForMs: number;
  /** `all`: a family is down when all its required probes are; `any`: when one is. */
  readonly downWhen: 'all' | 'any';
  /** Warn when a certificate ends in less than this, ms. */
  readonly certificateMs: number;
}

export interface Pace {
  /** Start to start, all well, ms. */
  readonly intervalMs: number;
  /** Start to start once something failed (HAProxy's fastinter), ms. */
  readonly fastMs: number;
  /** How often the standbys are probed while all is well, ms. */
  readonly standbyMs: number;
  /** How often hoster and DNS API are asked while all is well, ms. */
  readonly providerMs: number;
  /** A sample older than this says nothing, ms. */
  readonly staleMs: number;
}

export interface DnsBinding {
  readonly provider: string;
  /** The zone's id at the provider. */
  readonly zone: string;
  /** The zone's name. */
  readonly zoneName: string;
  /** Where the epoch lives. */
  readonly epochName: string;
  /** The names this service owns: nothing else is ever written. */
  readonly records: readonly string[];
  readonly ttlS: number;
  /** `ip:port` of the authoritative servers, or null to ask the provider for them. */
  readonly nameservers: readonly string[] | null;
}

export interface Service {
  readonly name: string;
  /** In order of preference; the first is home. */
  readonly sites: readonly Site[];
  readonly dns: DnsBinding;
  readonly probes: readonly ProbeSpec[];
  /** Families without which the service counts as away; v4 unless told otherwise. */
  readonly essential: readonly Family[];
  readonly thresholds: Thresholds;
  readonly pace: Pace;
  readonly policy: Readonly<Record<VerdictClass, Policy>>;
  /** No second automatic run for so long after one *ended*, ms. */
  readonly blockWindowMs: number;
  /** After a run that failed before the flip, wait so long before the next automatic one, ms. */
  readonly retryPauseMs: number;
  /** A plan not approved or started by then is void, ms. */
  readonly planTtlMs: number;
  readonly limitsMs: Readonly<Record<StepKind, number>>;
  /** True: nothing is written at the sites that could diverge, so no fence is needed. */
  readonly stateless: boolean;
}

export interface Reference {
  /** `ip:port` as written; a TCP connect must succeed. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly family: Family;
}

export interface ProviderSettings {
  readonly name: string;
  readonly kind: string;
  /** The vendor's own settings, validated against its field table. */
  readonly params: Readonly<Record<string, unknown>>;
}

export interface WebhookSink {
  readonly name: string;
  readonly kind: 'webhook';
  readonly url: string;
  /** standard-webhooks signing key (`whsec_…`). */
  readonly secret: Secret;
  readonly timeoutMs: number;
}

export interface Settings {
  /** The file it came from, for messages. */
  readonly file: string;
  readonly mode: Mode;
  /** SQLite file. */
  readonly state: string;
  /** This runner's name in leases, tokens and audit. */
  readonly runner: string;
  readonly references: readonly Reference[];
  readonly referenceTimeoutMs: number;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly sinks: readonly WebhookSink[];
  readonly serve: { readonly host: string; readonly port: number };
  readonly services: readonly Service[];
}
