/**
 * What others than probes say: the hoster's API about the machine, the DNS API about the zone, the standby
 * about the age of its data. Each reading carries the instant it was taken; staleness is judged later.
 */
import type { EpochRecord } from './epoch.ts';
import type { Family } from './sample.ts';

/** Power as the hoster reports it. `transitional`: starting, stopping, rebuilding, migrating … */
export type Power = 'running' | 'off' | 'transitional' | 'unknown';

/** A reading of one machine at its hoster. `null` in `blocked`: no such address there, or the API does not say. */
export interface HostReading {
  readonly power: Power;
  /** True: the hoster has locked this family for abuse. Not to be confused with "an action is running" (HTTP 423). */
  readonly blocked: Readonly<Record<Family, boolean | null>>;
}

export interface HostSignal extends Partial<HostReading> {
  readonly service: string;
  readonly site: string;
  readonly at: number;
  /** How long the answer took, ms: until then no decision knew of it. Absent in what an older version stored. */
  readonly tookMs?: number;
  /** Set when the API could not be asked; then the reading's fields are missing. Already redacted. */
  readonly error?: string;
}

/** One resource record set, values exactly as the provider stores them (TXT with its quotes). */
export interface RecordSet {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'TXT';
  readonly ttlS: number;
  readonly values: readonly string[];
}

/** The part of a zone that a service owns, read in one go: what a compare-and-swap is built against. */
export interface ZoneView {
  /** The TXT set of the epoch exactly as read, or null when there is none. */
  readonly epochSet: RecordSet | null;
  /** `epochSet` parsed; null when there is none or when it is not ours to understand (see `epochProblem`). */
  readonly epoch: EpochRecord | null;
  readonly epochProblem?: string;
  /** The A and AAAA sets of the owned names, as read. A name without a set is absent. */
  readonly records: readonly RecordSet[];
}

export interface ZoneReading {
  readonly service: string;
  readonly at: number;
  /** As for the host. */
  readonly tookMs?: number;
  readonly view?: ZoneView;
  readonly error?: string;
}

/** How old the standby's data is, measured on the standby (never on the site that may be dead). */
export interface FreshnessReading {
  readonly service: string;
  readonly site: string;
  readonly at: number;
  /** As for the host. */
  readonly tookMs?: number;
  /** Age of the newest replicated data, ms; absent when it could not be measured. */
  readonly lagMs?: number;
  readonly error?: string;
}
