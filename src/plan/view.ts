/** What the planner and the gate are given of a site: plain values, gathered before. */
import type { Observation } from '../model/observation.ts';
import type { Override, PlanKind } from '../model/plan.ts';
import type { Service, Site } from '../model/service.ts';
import type { FreshnessReading, ZoneReading } from '../model/signal.ts';
import type { RivalClaim, Run, ServiceState } from '../model/state.ts';
import type { Verdict } from '../model/verdict.ts';

export interface SiteView {
  readonly site: Site;
  readonly observation: Observation;
  /** Newest reading of the data's age there; null when none was taken. */
  readonly freshness: FreshnessReading | null;
}

/** What a person asked for: `failover`, `switchover`, or a plan to look at. */
export interface Request {
  readonly kind: Extract<PlanKind, 'failover' | 'switchover'>;
  /** The target; null: the first viable in order of preference. */
  readonly to: string | null;
  readonly overrides: readonly Override[];
  readonly operator: string;
  readonly reason: string;
}

export interface Inventory {
  readonly service: Service;
  readonly state: ServiceState;
  readonly active: SiteView;
  readonly standbys: readonly SiteView[];
  /** The newest run that changed DNS: a later one that failed before its flip must not hide its block window. */
  readonly lastFlip: Run | null;
  /** Runs that failed one after the other up to now. */
  readonly failures: number;
  /** The newest of them. */
  readonly lastFailure: Run | null;
  /** Newest reading of the zone; null when none was taken. */
  readonly zone: ZoneReading | null;
}

export interface PlanInput {
  readonly inventory: Inventory;
  readonly verdict: Verdict;
  readonly request: Request | null;
  readonly planId: string;
  readonly now: number;
}

/** @returns how old a look at a standby may be for it to count as "just looked at", ms */
export function standbyFreshMs(service: Service): number {
  const slowest = Math.max(0, ...service.probes.map(probe => probe.timeoutMs));
  return Math.max(5000, 3 * service.pace.fastMs + slowest);
}

/** @returns the claim of another installation that its run may still be acting on; null: none, or it had its time */
export function claimInForce({ rival }: ServiceState, now: number): RivalClaim | null {
  return rival?.until === null && Math.abs(now - rival.since) < rival.busyMs ? rival : null;
}

/** @returns how old a reading of the zone may be to build a plan on it, ms; the flip itself is guarded anyway */
export const ZONE_FRESH_MS = 15_000;

/**
 * When the active site's trouble began: a look at a standby from before it says nothing about a night that may have
 * taken both (one hoster, one network, one bad deploy).
 * @returns ms since the epoch; -Infinity when no required probe fails
 */
export function troubleBegan(active: Observation): number {
  let began = Number.POSITIVE_INFINITY;
  for (const family of active.families) {
    for (const probe of family.probes) {
      if (probe.required && probe.consecutiveFailures > 0)
        began = Math.min(began, active.at - probe.failingForMs);
    }
  }
  return began === Number.POSITIVE_INFINITY ? -Infinity : began;
}
