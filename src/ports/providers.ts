/**
 * The outside world as the core sees it. Small ports with declared capabilities: what is not listed is not
 * there. Every method takes an AbortSignal and must end soon after it fires; failures are ProviderErrors with
 * the codes of errors.ts, with secrets already removed.
 */
import type { EpochRecord } from '../model/epoch.ts';
import type { GuardedChange } from '../model/plan.ts';
import type { Family, ProbeResult } from '../model/sample.ts';
import type { Command, Shell } from '../model/service.ts';
import type { HostReading, RecordSet, ZoneView } from '../model/signal.ts';

export interface HostCapabilities {
  /** Tells an abuse lock, per family. */
  readonly lockFlag: boolean;
  readonly powerOff: boolean;
  /** Power-off is confirmed by reading the state back. */
  readonly confirmsOff: boolean;
  readonly powerOn: boolean;
}

/** The API of a hoster, about one machine. */
export interface HostProvider {
  readonly kind: string;
  readonly capabilities: HostCapabilities;
  /** One reading, one or two requests, no retry beyond transport doubts. */
  describe(server: string, signal: AbortSignal): Promise<HostReading>;
  /**
   * Cuts the power and resolves only when `off` has been *read back*; at once when it is off already.
   * Safe to repeat.
   * @param mayAct asked right before each command; when it throws, there is none
   * @throws ProviderError; `applied: 'unknown'` when the request may have got through; what `mayAct` throws
   */
  powerOff(server: string, signal: AbortSignal, mayAct?: () => Promise<void>): Promise<void>;
  /** The counterpart: resolves when `running` has been read back. */
  powerOn(server: string, signal: AbortSignal): Promise<void>;
}

export interface DnsCapabilities {
  /** A change can be made to depend on the exact content of the epoch set, all or nothing. */
  readonly compareAndSwap: boolean;
  /** Says when all its servers have a change. */
  readonly reportsPropagation: boolean;
}

export type SwapOutcome =
  /** Ours is in force. `reply`: the API said so; `read-back`: the reply was lost and our token was found. */
  | {
      readonly outcome: 'applied';
      readonly changeId: string | null;
      readonly confirmedBy: 'reply' | 'read-back';
    }
  /** Somebody else's epoch is in force; nothing of ours was applied. */
  | { readonly outcome: 'lost'; readonly current: RecordSet | null };

export interface DnsProvider {
  readonly kind: string;
  readonly capabilities: DnsCapabilities;
  /** The epoch set and the A/AAAA sets of `names`, including changes not yet propagated. */
  read(zone: string, epochName: string, names: readonly string[], signal: AbortSignal): Promise<ZoneView>;
  /**
   * The guarded flip: exactly one attempt at the write. After any doubt it reads back and compares the owner token.
   * @throws ProviderError with `applied: 'no'` when it is certain that nothing was changed, `'unknown'` when not
   */
  swap(zone: string, change: GuardedChange, next: EpochRecord, signal: AbortSignal): Promise<SwapOutcome>;
  /** @returns true when every server of the provider has the change */
  propagated(changeId: string, signal: AbortSignal): Promise<boolean>;
  /** Authoritative servers as `ip:port`. */
  nameservers(zone: string, signal: AbortSignal): Promise<readonly string[]>;
}

export interface CommandResult {
  /** Exit status; null when it was killed at its limit or by a signal. */
  readonly status: number | null;
  readonly timedOut: boolean;
  /** The last lines of stdout+stderr, cleaned of control characters. */
  readonly tail: readonly string[];
}

/** Runs commands at a site. `ssh` and `local` implement it; output streams line by line as it comes. */
export interface Promoter {
  readonly kind: Shell['kind'];
  /**
   * @param env extra environment, e.g. UNDERSTUDY_EPOCH; over ssh it is put before the command, quoted
   * @throws ProviderError only when the command could not be started at all (`provider-unreachable`: no connection,
   *   `provider-unauthorized`: host key or login refused); a failing command is a result
   */
  run(
    shell: Shell,
    command: Command,
    options: {
      readonly signal: AbortSignal;
      readonly env?: Readonly<Record<string, string>>;
      readonly onOutput?: (line: string) => void;
    },
  ): Promise<CommandResult>;
}

/** Where a probe goes: to the site's address, while presenting the public name. */
export interface ProbeTarget {
  readonly address: string;
  readonly family: Family;
  /** The public name (first record of the service) for Host, SNI, EHLO … unless params say otherwise. */
  readonly publicName: string;
}

/** Runs one probe of any registered kind. Never throws for what a peer does; ends at the deadline at the latest. */
export interface Prober {
  probe(
    kind: string,
    params: Readonly<Record<string, unknown>>,
    target: ProbeTarget,
    timeoutMs: number,
  ): Promise<ProbeResult>;
  /** TCP connect to a reference host: only a connection proves the way out. */
  reach(address: string, port: number, timeoutMs: number): Promise<ProbeResult>;
}

/** One answer of one name server, asked directly over UDP, then TCP when truncated. */
export interface NameServerAnswer {
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly records: readonly { readonly type: string; readonly ttlS: number; readonly value: string }[];
}

export interface NameServers {
  /** @param server `ip:port` @throws ProviderError */
  ask(
    server: string,
    name: string,
    type: 'A' | 'AAAA' | 'TXT' | 'NS' | 'SOA',
    signal: AbortSignal,
  ): Promise<NameServerAnswer>;
}

/** Delivers one notice to one sink. @throws UnderstudyError when it was not surely taken */
export interface Sink {
  readonly name: string;
  deliver(notice: import('../model/state.ts').Notice, signal: AbortSignal): Promise<void>;
}
