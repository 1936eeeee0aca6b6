/**
 * What is remembered between cycles and across crashes, and the closed list of changes to it. Every write of
 * the program is a list of these changes, applied in one transaction: a notice can't be lost between the
 * state change it tells of and the outbox.
 */
import type { Facts, Observation } from './observation.ts';
import type { Override, Plan, PlanKind, Standing, StepKind } from './plan.ts';
import type { Family, ReferenceSample, Sample } from './sample.ts';
import type { FreshnessReading, HostSignal, ZoneReading } from './signal.ts';
import type { Verdict, VerdictClass } from './verdict.ts';

/** A run of another installation that has taken the epoch in DNS and not flipped yet. */
export interface RivalClaim {
  /** The run's token. */
  readonly owner: string;
  /** When it was first seen, by our own clock: that of the other may be wrong. ms since the epoch */
  readonly since: number;
  /** Until so long after that it is left alone, ms. */
  readonly busyMs: number;
  /** The longest that a deed of it may be at work, ms. */
  readonly stepMs: number;
  /** Once a claim of ours has been begun over it: until then its last deed may be at work, ms since the epoch. */
  readonly until: number | null;
}

export interface Hold {
  readonly service: string;
  readonly owner: string;
  readonly reason: string;
  readonly since: number;
  /** ms since the epoch; null: until resumed. */
  readonly until: number | null;
}

/** From the first verdict that is neither HEALTHY nor WARNED to the return to one of them. */
export interface Incident {
  readonly id: string;
  readonly service: string;
  readonly site: string;
  readonly class: VerdictClass;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** Codes of the reasons for not acting that people were told of: each once an incident. */
  readonly told: readonly string[];
}

/** A site that was failed over from. It stays out until a person clears it. */
export interface Quarantine {
  readonly site: string;
  readonly since: number;
  readonly run: string;
}

/**
 * running, interrupted (by a hold or a crash): still open · done · unverified: flipped, but the proof from outside is
 * missing · failed: ended before the flip · superseded: another runner's epoch is in force · abandoned: not resumed, since
 * the world it was made for is gone; it is judged anew.
 */
export type RunStatus =
  'running' | 'interrupted' | 'done' | 'unverified' | 'failed' | 'superseded' | 'abandoned';

export interface Run {
  readonly id: string;
  readonly plan: string;
  readonly service: string;
  readonly kind: PlanKind;
  readonly to: string;
  readonly automatic: boolean;
  /** Written into the epoch record as `owner`. */
  readonly token: string;
  readonly status: RunStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** True once DNS was changed by it: such a run opens the block window when it ends. */
  readonly flipped: boolean;
  /** One line: why it ended as it did. */
  readonly note: string | null;
}

/** How a step's effect is known. `read-back`: asked again and seen; `exit-status`, `reply`: weaker; `clock`: waited out. */
export type ConfirmedBy = 'read-back' | 'reply' | 'exit-status' | 'probe' | 'clock' | 'best-effort';

export interface Receipt {
  readonly confirmedBy: ConfirmedBy;
  /** One line for people. */
  readonly summary: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** One line of a run's journal. `step` is the index in the plan. */
export type JournalEntry = {
  readonly run: string;
  readonly step: number;
  readonly kind: StepKind;
  readonly at: number;
} & (
  | { readonly event: 'intent' }
  | { readonly event: 'output'; readonly lines: readonly string[] }
  | { readonly event: 'receipt'; readonly receipt: Receipt }
  | { readonly event: 'error'; readonly code: string; readonly message: string }
);

/** What is known of one service. */
export interface ServiceState {
  readonly service: string;
  /** The active site as last read from DNS or flipped by us; null before the first reading. */
  readonly active: string | null;
  /** The epoch last read, 0 when there was none. */
  readonly epoch: number;
  /** The highest epoch ever seen: DNS may never show a lower one. */
  readonly maxEpoch: number;
  /** Families of the active site that DNS publishes; null before the first reading. */
  readonly published: readonly Family[] | null;
  readonly quarantined: readonly Quarantine[];
  /** Another installation's claim that is in the zone, or was superseded and not waited out; null: nobody else is at work. */
  readonly rival: RivalClaim | null;
  readonly incident: Incident | null;
  /** Sites tried and failed in this incident; not tried again by ourselves. */
  readonly tried: readonly string[];
  /** The run whose block window a person has lifted. By name: instants of a clock that was set back would lift those of later runs. */
  readonly ackedRun: string | null;
  readonly hold: Hold | null;
  readonly lastRun: Run | null;
  readonly lastVerdict: Verdict | null;
}

/** One row of the gate as it was evaluated. */
export interface GateResult {
  readonly number: number;
  readonly code: string;
  readonly sentence: string;
  readonly ok: boolean;
  /** What was found, and what was asked for. */
  readonly value: string;
  readonly threshold: string;
}

/** The last word on a service: enough for `why` to explain it without the process that said it. */
export interface Decision {
  readonly service: string;
  readonly at: number;
  readonly verdict: Verdict;
  readonly facts: Facts;
  readonly observation: Observation;
  readonly standing: Standing | null;
  readonly plan: string | null;
  readonly gate: readonly GateResult[];
  /** Codes of the reasons for not acting that people were told of while no incident was open and the verdict stayed. */
  readonly told?: readonly string[];
}

export type PlanStatus = 'proposed' | 'started' | 'void';

export interface StoredPlan {
  readonly plan: Plan;
  readonly status: PlanStatus;
}

export type NoticeKind = 'verdict' | 'plan' | 'step' | 'run' | 'hold' | 'problem';

/** What people are told. `text` is one line, no control characters, ≤ 400 bytes of UTF-8. */
export interface Notice {
  /** Unique; the webhook's `webhook-id`, so that a receiver can drop a repeat. */
  readonly id: string;
  readonly at: number;
  readonly service: string;
  readonly kind: NoticeKind;
  readonly incident: string | null;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A notice on its way to one sink. Delivered in order of `seq`, at least once. */
export interface OutboxItem {
  readonly seq: number;
  readonly sink: string;
  readonly notice: Notice;
  readonly attempts: number;
  /** Not before this instant. */
  readonly dueAt: number;
  readonly lastError: string | null;
}

/** What a person did. */
export interface AuditEntry {
  readonly at: number;
  readonly operator: string;
  readonly action: string;
  readonly service: string | null;
  readonly reason: string;
  readonly overrides: readonly Override[];
  readonly detail: string;
}

/** All IO results of one look at the world. */
export interface Evidence {
  readonly samples: readonly Sample[];
  readonly references: readonly ReferenceSample[];
  readonly hosts: readonly HostSignal[];
  readonly zones: readonly ZoneReading[];
  readonly freshness: readonly FreshnessReading[];
}

/**
 * The whole vocabulary of writes. `service` patches the named fields only. `notice` lands in the outbox once
 * for each sink named; with no sinks it is kept in the history alone.
 */
export type Change =
  /** Nothing of the list is written when the highest epoch is another by now: who decided on this one slept since. */
  | { readonly kind: 'premise'; readonly service: string; readonly maxEpoch: number }
  | { readonly kind: 'evidence'; readonly service: string; readonly evidence: Evidence }
  /** Evidence measured later than `after` goes: by a clock that has been set back since, which will measure the same hours again. */
  | { readonly kind: 'evidence-cut'; readonly service: string; readonly after: number }
  | { readonly kind: 'decision'; readonly decision: Decision }
  | {
      readonly kind: 'service';
      readonly service: string;
      readonly patch: Partial<
        Pick<
          ServiceState,
          'active' | 'epoch' | 'maxEpoch' | 'published' | 'quarantined' | 'rival' | 'tried' | 'ackedRun'
        >
      >;
    }
  | { readonly kind: 'incident'; readonly incident: Incident }
  | { readonly kind: 'plan'; readonly plan: Plan; readonly status: PlanStatus }
  | { readonly kind: 'plan-status'; readonly plan: string; readonly status: PlanStatus }
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'journal'; readonly entry: JournalEntry }
  | { readonly kind: 'hold'; readonly hold: Hold }
  /** `since`: only the hold that was set then, for who may not know of a newer one; left out: whichever stands. */
  | { readonly kind: 'resume'; readonly service: string; readonly since?: number }
  | { readonly kind: 'notice'; readonly notice: Notice; readonly sinks: readonly string[] }
  | { readonly kind: 'delivered'; readonly seq: number; readonly at: number }
  | { readonly kind: 'undelivered'; readonly seq: number; readonly dueAt: number; readonly error: string }
  | { readonly kind: 'audit'; readonly entry: AuditEntry };
