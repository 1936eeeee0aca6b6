/** What a stored plan holds, step by step after src/model/plan.ts; the compiler refuses a field without a check. */
import type { Claim } from '../model/epoch.ts';
import {
  type AnnounceStep,
  type CatchUpStep,
  type CheckStep,
  type ClaimStep,
  type FenceStep,
  type FlipStep,
  type GuardedChange,
  OVERRIDES,
  PLAN_KINDS,
  type Plan,
  type PlannedChange,
  type PromoteStep,
  type QuiesceStep,
  type SnapshotStep,
  STEP_KINDS,
  type VerifyStep,
} from '../model/plan.ts';
import { FAMILIES } from '../model/sample.ts';
import type { Command, PromotePart } from '../model/service.ts';
import type { RecordSet } from '../model/signal.ts';
import { VERDICT_CLASSES } from '../model/verdict.ts';
import {
  also,
  anything,
  byTag,
  count,
  instant,
  listOf,
  maybe,
  object,
  oneOf,
  orNull,
  span,
  text,
} from './shape.ts';

const families = listOf(oneOf(FAMILIES));
const verdictClass = oneOf(VERDICT_CLASSES);
export const planKind = oneOf(PLAN_KINDS);
export const stepKind = oneOf(STEP_KINDS);
export const overrides = listOf(oneOf(OVERRIDES));
export const recordSet = object<RecordSet>({
  name: text,
  type: oneOf(['A', 'AAAA', 'TXT']),
  ttlS: count,
  values: listOf(text),
});

const command = object<Command>({ argv: listOf(text), limitMs: span });
const shell = byTag('kind', {
  local: anything,
  ssh: object({
    host: text,
    port: count,
    user: text,
    identityFile: orNull(text),
    knownHostsFile: orNull(text),
    connectTimeoutMs: span,
  }),
});
export const claim = object<Claim>({ busyS: count, stepS: count });
const changed = {
  epochName: text,
  ttlS: count,
  nextEpoch: object<GuardedChange['nextEpoch']>({ epoch: count, active: text, claim: maybe(claim) }),
  upserts: listOf(recordSet),
  deletes: listOf(recordSet),
};
const guarded = object<GuardedChange>({ ...changed, expectEpoch: orNull(recordSet) });
const claimed = oneOf(['claimed']);
const planned = object<PlannedChange>({
  ...changed,
  expectEpoch: (value, at) => (typeof value === 'string' ? claimed : orNull(recordSet))(value, at),
});
const part = object<PromotePart>({ name: text, run: command, check: orNull(command) });
const base = { kind: stepKind, limitMs: span };
const atSite = { ...base, site: text, shell, run: command };
const step = byTag('kind', {
  claim: object<ClaimStep>({ ...base, change: guarded, settleMs: span }),
  snapshot: object<SnapshotStep>(atSite),
  quiesce: object<QuiesceStep>(atSite),
  'catch-up': object<CatchUpStep>(atSite),
  fence: object<FenceStep>({
    ...base,
    site: text,
    method: oneOf(['power-off', 'command', 'wait', 'provider-lock']),
    provider: orNull(text),
    server: orNull(text),
    families,
    run: orNull(command),
    check: orNull(command),
    waitMs: span,
  }),
  promote: object<PromoteStep>({ ...base, site: text, shell, parts: listOf(part) }),
  check: object<CheckStep>({ ...base, site: text, families }),
  flip: object<FlipStep>({ ...base, change: planned }),
  verify: object<VerifyStep>({ ...base, expect: listOf(recordSet), site: text, families }),
  announce: object<AnnounceStep>(base),
});

export const plan = also<Plan>(
  object<Plan>({
    id: text,
    hash: text,
    service: text,
    basis: text,
    kind: planKind,
    from: text,
    to: text,
    baseEpoch: count,
    steps: listOf(step),
    overrides,
    origin: byTag('by', { judge: anything, operator: object({ operator: text, reason: text }) }),
    because: object<Plan['because']>({ class: verdictClass, rule: count, at: instant }),
    createdAt: instant,
    expiresAt: instant,
  }),
  [[one => one.expiresAt >= one.createdAt, '.expiresAt lies before its createdAt']],
);
