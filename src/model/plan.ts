/**
 * A plan is stored data: immutable, ordered steps with everything the executor needs, so that it can be
 * printed, hashed, approved later and resumed after a crash. The executor has no choices left to make.
 */
import type { EpochRecord } from './epoch.ts';
import type { Family } from './sample.ts';
import type { Command, FenceMethod, PromotePart, Shell } from './service.ts';
import type { RecordSet } from './signal.ts';
import type { VerdictClass } from './verdict.ts';

export const STEP_KINDS = [
  'claim',
  'snapshot',
  'quiesce',
  'catch-up',
  'fence',
  'promote',
  'check',
  'flip',
  'verify',
  'announce',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** failover: forced, the old site is presumed gone · switchover: planned, the old site hands over · withdraw/restore: one family of the active site. */
export const PLAN_KINDS = ['failover', 'switchover', 'withdraw', 'restore'] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

/** One-shot, named for the risk, recorded with operator and reason. Only a person can give one. */
export const OVERRIDES = ['allow-data-loss', 'skip-fence', 'mode-act'] as const;
export type Override = (typeof OVERRIDES)[number];

interface StepBase {
  /** The executor gives up on the step after this, ms. */
  readonly limitMs: number;
}

/** Takes the epoch in DNS for this run, before anything is done at a site: nobody else moves the service meanwhile. */
export interface ClaimStep extends StepBase {
  readonly kind: 'claim';
  /** Of the epoch alone; no address changes. */
  readonly change: GuardedChange;
  /** When another installation's run is superseded by it: so long its last deed may be at work yet, ms. */
  readonly settleMs: number;
}
export interface SnapshotStep extends StepBase {
  readonly kind: 'snapshot';
  readonly site: string;
  readonly shell: Shell;
  readonly run: Command;
}
export interface QuiesceStep extends StepBase {
  readonly kind: 'quiesce';
  readonly site: string;
  readonly shell: Shell;
  readonly run: Command;
}
export interface CatchUpStep extends StepBase {
  readonly kind: 'catch-up';
  readonly site: string;
  readonly shell: Shell;
  readonly run: Command;
}
export interface FenceStep extends StepBase {
  readonly kind: 'fence';
  readonly site: string;
  /** `provider-lock`: the hoster has fenced it for us; read the flag again to confirm. */
  readonly method: Exclude<FenceMethod, 'none'> | 'provider-lock';
  readonly provider: string | null;
  readonly server: string | null;
  /** Families that a `provider-lock` must cover. */
  readonly families: readonly Family[];
  readonly run: Command | null;
  readonly check: Command | null;
  /** `wait`: how long from the start of the step before the site has given itself up, ms. */
  readonly waitMs: number;
}
export interface PromoteStep extends StepBase {
  readonly kind: 'promote';
  readonly site: string;
  readonly shell: Shell;
  readonly parts: readonly PromotePart[];
}
export interface CheckStep extends StepBase {
  readonly kind: 'check';
  readonly site: string;
  /** Families whose required probes must pass. */
  readonly families: readonly Family[];
}
export interface FlipStep extends StepBase {
  readonly kind: 'flip';
  readonly change: PlannedChange;
}
export interface VerifyStep extends StepBase {
  readonly kind: 'verify';
  /** What every authoritative server must answer: an empty `values` means "no such set". */
  readonly expect: readonly RecordSet[];
  readonly site: string;
  readonly families: readonly Family[];
}
export interface AnnounceStep extends StepBase {
  readonly kind: 'announce';
}

export type Step =
  | ClaimStep
  | SnapshotStep
  | QuiesceStep
  | CatchUpStep
  | FenceStep
  | PromoteStep
  | CheckStep
  | FlipStep
  | VerifyStep
  | AnnounceStep;

/**
 * A DNS change that carries the epoch, applied all or nothing: the epoch set must be exactly `expectEpoch`
 * (null: must not exist), then becomes `nextEpoch`, and the sets change. `owner` is filled in by the run.
 */
export interface GuardedChange {
  readonly epochName: string;
  readonly ttlS: number;
  readonly expectEpoch: RecordSet | null;
  readonly nextEpoch: Omit<EpochRecord, 'owner'>;
  readonly upserts: readonly RecordSet[];
  /** Must match exactly what is stored. */
  readonly deletes: readonly RecordSet[];
}

/** `claimed`: the epoch set must be what this run's own claim has written, whose token is not known yet when it is planned. */
export interface PlannedChange extends Omit<GuardedChange, 'expectEpoch'> {
  readonly expectEpoch: RecordSet | null | 'claimed';
}

export interface Plan {
  readonly id: string;
  /** SHA-256 (hex) over the canonical JSON of all that matters: everything here but id, hash, createdAt, expiresAt and because. */
  readonly hash: string;
  readonly service: string;
  /** SHA-256 (hex) over the sites and the DNS binding it was drafted with: under another config it is void. */
  readonly basis: string;
  readonly kind: PlanKind;
  readonly from: string;
  readonly to: string;
  /** The epoch it was built on, 0 when DNS held none; each change of DNS that it makes raises it by one. */
  readonly baseEpoch: number;
  readonly steps: readonly Step[];
  readonly overrides: readonly Override[];
  readonly origin: Origin;
  readonly because: { readonly class: VerdictClass; readonly rule: number; readonly at: number };
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** @returns the step that takes the epoch before the rest; null where nothing but addresses change */
export function claimOf({ steps }: Pick<Plan, 'steps'>): ClaimStep | null {
  return steps.find(step => step.kind === 'claim') ?? null;
}

/** @returns the epoch that is in force when the plan has been carried out */
export function finalEpoch({ baseEpoch, steps }: Pick<Plan, 'baseEpoch' | 'steps'>): number {
  for (const step of steps) if (step.kind === 'flip') return step.change.nextEpoch.epoch;
  return baseEpoch;
}

/** Who wanted it. A person's name and reason go to the audit. */
export type Origin =
  { readonly by: 'judge' } | { readonly by: 'operator'; readonly operator: string; readonly reason: string };

/** The typed reason for not acting; kept and shown. */
export interface Standing {
  readonly code: StandingCode;
  /** One plain sentence with the particulars. */
  readonly detail: string;
  /** Set when a plan exists and waits for a person. */
  readonly plan?: string;
}

export const STANDING_CODES = [
  'nothing-to-do', // the class calls for nothing
  'policy-observe', // it would, but the policy is to watch
  'awaiting-approval', // a plan is drafted and stored
  'looking', // the facts to plan with are still being gathered
  'claimed', // a run of another installation is under way, as DNS says
  'active-moved', // DNS says that another site is active: adopted, to be judged next
  'zone-unread', // the epoch or the records could not be read: no plan can be built
  'epoch-foreign', // DNS names a site that the config does not know, or the epoch set is not ours
  'no-viable-target', // every other site was looked at and refused, the detail says why
  'no-other-family', // withdrawing would leave no address
  'refused-by-gate', // the gate's rows say why
  'retry-pause', // an earlier run failed a moment ago
  'run-open', // another run of this service is under way
] as const;
export type StandingCode = (typeof STANDING_CODES)[number];
