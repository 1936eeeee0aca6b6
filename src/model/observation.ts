/**
 * What all fresh samples and provider signals say of one site, with ages and counts; and the same boiled down
 * to the few enumerated facts that the judge's table matches on.
 */
import type { Failure, Family } from './sample.ts';
import type { HostSignal } from './signal.ts';

/** ok: latest sample good · failing: latest bad, thresholds not reached · down: reached · no-data: nothing fresh. */
export type ProbeState = 'ok' | 'failing' | 'down' | 'no-data';

export interface ProbeObservation {
  readonly probe: string;
  readonly required: boolean;
  readonly state: ProbeState;
  readonly fresh: number;
  readonly consecutiveFailures: number;
  /** From the start of the first failure of the streak to the observation, ms; 0 when there is none. */
  readonly failingForMs: number;
  readonly lastOkAt: number | null;
  readonly lastAt: number | null;
  readonly lastFailure: Failure | null;
  readonly lastDetail: string | null;
}

/**
 * ok · suspect: some required probe fails, below its thresholds, others are well · failing: all fail, below ·
 * degraded: some are down, others well · down: all are (or one, with `downWhen: any`) · no-data.
 */
export type FamilyState = 'ok' | 'suspect' | 'failing' | 'degraded' | 'down' | 'no-data';

export interface FamilyObservation {
  readonly family: Family;
  readonly essential: boolean;
  /** Whether DNS gives this family of the site to the public, as last read. */
  readonly published: boolean;
  readonly state: FamilyState;
  /** Is our own way out proven in this family since the failures began? `unproven`: no reference is configured or fresh. */
  readonly observer: 'online' | 'offline' | 'unproven';
  /** The hoster's lock flag; null when unknown or stale. */
  readonly blocked: boolean | null;
  /** How long it has been well without a break, ms. */
  readonly okForMs: number;
  readonly probes: readonly ProbeObservation[];
}

export interface Observation {
  readonly service: string;
  readonly site: string;
  readonly at: number;
  readonly families: readonly FamilyObservation[];
  readonly host: HostSignal | null;
  readonly hostAgeMs: number | null;
  readonly warnings: readonly string[];
  readonly facts: Facts;
}

/** The judge's alphabet. Each fact has few values, so that a test can walk them all. */
export interface Facts {
  /** The epoch in DNS against the highest ever seen. */
  readonly control: 'ok' | 'rolled-back';
  /**
   * Our own network in the essential families where something fails; `online` when nothing fails.
   * `unproven`: no reference has been asked since the failures began.
   */
  readonly observer: 'online' | 'unproven' | 'offline';
  /** The worst of the essential families. */
  readonly essential: FamilyState;
  /** The worst of the other *published* families; `none` when there is none. */
  readonly other: FamilyState | 'none';
  /** Families the site has that are not published: all well for long enough, not yet, or none. */
  readonly withdrawn: 'none' | 'away' | 'returned';
  /** The hoster's lock flag. `other`: only families that are not essential. */
  readonly lock: 'none' | 'essential' | 'other';
  readonly warnings: 'none' | 'some';
}

export const FACT_VALUES = {
  control: ['ok', 'rolled-back'],
  observer: ['online', 'unproven', 'offline'],
  essential: ['ok', 'suspect', 'failing', 'degraded', 'down', 'no-data'],
  other: ['none', 'ok', 'suspect', 'failing', 'degraded', 'down', 'no-data'],
  withdrawn: ['none', 'away', 'returned'],
  lock: ['none', 'essential', 'other'],
  warnings: ['none', 'some'],
} as const satisfies { [K in keyof Facts]: readonly Facts[K][] };
