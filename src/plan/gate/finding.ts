/** What a gate row is given and gives back. */
import type { Override, Plan } from '../../model/plan.ts';
import type { Mode } from '../../model/service.ts';
import type { Run } from '../../model/state.ts';
import type { Policy, Verdict } from '../../model/verdict.ts';
import type { Inventory } from '../view.ts';

export interface GateInput {
  readonly plan: Plan;
  readonly inventory: Inventory;
  readonly verdict: Verdict;
  readonly mode: Mode;
  /** Whether the DNS provider can tie a change to the epoch. */
  readonly guardedDns: boolean;
  /** Another run of this service that has not ended. */
  readonly openRun: Run | null;
  /** Other services that need the machine that the plan leaves: well on it, or in trouble with it as a standby. */
  readonly neighbours: readonly string[];
  /** The person who approved this very plan, if any. */
  readonly approvedBy: string | null;
  readonly now: number;
}

export interface GateContext extends GateInput {
  /** Neither asked for nor approved by a person. */
  readonly automatic: boolean;
  readonly policy: Policy;
}

export interface Finding {
  readonly ok: boolean;
  readonly value: string;
  readonly threshold: string;
}

export interface GateRow {
  readonly number: number;
  readonly code: string;
  /** The rule as one sentence. */
  readonly sentence: string;
  /** `automatic`: a person may do it, the program by itself may not. */
  readonly applies: 'always' | 'automatic';
  readonly check: (context: GateContext) => Finding;
}

export function found(ok: boolean, value: string, threshold: string): Finding {
  return { ok, value, threshold };
}

/** Failover and switchover change the site; withdraw and restore do not. */
export function moves(kind: string): boolean {
  return kind === 'failover' || kind === 'switchover';
}

/** Only a person can give an override: one in a plan that the judge called for counts for nothing. */
export function overridden({ overrides, origin }: Plan, override: Override): boolean {
  return origin.by === 'operator' && overrides.includes(override);
}

/** @returns a span in the largest whole unit that still says something: `90 s`, `12 min`, `3 h` */
export function age(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
