/** The steps of each kind of plan, in order. Builders only: whether the plan may run is the gate's business. */
import type { Observation } from '../model/observation.ts';
import type { ClaimStep, FenceStep, Override, PlannedChange, Step } from '../model/plan.ts';
import { FAMILIES, type Family } from '../model/sample.ts';
import type { Service, Site } from '../model/service.ts';
import type { RivalClaim } from '../model/state.ts';
import type { ZoneView } from '../model/signal.ts';
import type { Verdict } from '../model/verdict.ts';
import { recordChanges } from './records.ts';

export interface MoveInput {
  readonly service: Service;
  readonly from: { readonly site: Site; readonly observation: Observation };
  readonly to: Site;
  /** Families of the target to publish. */
  readonly families: readonly Family[];
  readonly zone: ZoneView;
  readonly verdict: Verdict;
  readonly overrides: readonly Override[];
  /** Of a run of another installation that this one will supersede. */
  readonly rival: RivalClaim | null;
}

/** claim, snapshot, fence, promote, check, flip, verify, announce */
export function failoverSteps(input: MoveInput): readonly Step[] {
  const { service, from } = input;
  const limits = service.limitsMs;
  const steps: Step[] = [];
  if (from.site.snapshot !== null) {
    steps.push({
      kind: 'snapshot',
      site: from.site.name,
      shell: from.site.shell,
      run: from.site.snapshot,
      limitMs: limits.snapshot,
    });
  }
  const fence = input.overrides.includes('skip-fence') ? null : fenceStep(input);
  if (fence !== null) steps.push(fence);
  return claimed(input, [...steps, ...arrivalSteps(input)]);
}

/** claim, then quiesce, catch-up in place of the fence: nothing is lost */
export function switchoverSteps(input: MoveInput): readonly Step[] {
  const { from, to, service } = input;
  const limits = service.limitsMs;
  const steps: Step[] = [];
  if (from.site.quiesce !== null) {
    steps.push({
      kind: 'quiesce',
      site: from.site.name,
      shell: from.site.shell,
      run: from.site.quiesce,
      limitMs: limits.quiesce,
    });
  }
  if (to.catchUp !== null) {
    steps.push({
      kind: 'catch-up',
      site: to.name,
      shell: to.shell,
      run: to.catchUp,
      limitMs: limits['catch-up'],
    });
  }
  return claimed(input, [...steps, ...arrivalSteps(input)]);
}

function arrivalSteps(input: MoveInput): readonly Step[] {
  const { service, to, families } = input;
  const limits = service.limitsMs;
  const steps: Step[] = [];
  if (to.promote.length > 0) {
    steps.push({
      kind: 'promote',
      site: to.name,
      shell: to.shell,
      parts: to.promote,
      limitMs: limits.promote,
    });
  }
  steps.push({ kind: 'check', site: to.name, families, limitMs: limits.check });
  return [...steps, ...flipSteps(service, to, families, input.zone, 'claimed')];
}

/** Whatever has been done when a step's limit is over was asked for before: a margin for the last command to end, ms. */
const DEED_MARGIN_MS = 15_000;

/** The epoch first. Others leave the service to the run for as long as its limits up to the flip allow; one that takes longer may be superseded. */
function claimed(input: MoveInput, steps: readonly Step[]): readonly Step[] {
  const { service, zone, from, rival } = input;
  const { dns, limitsMs } = service;
  const settleMs = rival === null ? 0 : rival.stepMs;
  // The wait begins when the claim is taken, which may need its whole limit.
  const limitMs = limitsMs.claim + (settleMs === 0 ? 0 : settleMs + limitsMs.claim);
  const upToFlip = steps.slice(0, steps.findIndex(({ kind }) => kind === 'flip') + 1);
  const busyMs = upToFlip.reduce((ms, step) => ms + step.limitMs, limitMs);
  const deedMs = steps.reduce((ms, step) => (isDeed(step) ? Math.max(ms, step.limitMs) : ms), 0);
  const claim: ClaimStep = {
    kind: 'claim',
    change: {
      epochName: dns.epochName,
      ttlS: dns.ttlS,
      expectEpoch: zone.epochSet,
      nextEpoch: {
        epoch: (zone.epoch?.epoch ?? 0) + 1,
        active: from.site.name,
        claim: {
          busyS: Math.ceil((busyMs + DEED_MARGIN_MS) / 1000),
          stepS: Math.ceil((deedMs + DEED_MARGIN_MS) / 1000),
        },
      },
      upserts: [],
      deletes: [],
    },
    settleMs,
    limitMs,
  };
  return [claim, ...steps];
}

/** What does something at a site; who waits for one to give itself up does nothing. */
function isDeed(step: Step): boolean {
  if (step.kind === 'fence') return step.method !== 'wait';
  return step.kind === 'promote' || step.kind === 'quiesce' || step.kind === 'catch-up';
}

/** flip, verify, announce: all that `withdraw` and `restore` are */
export function publishSteps(
  service: Service,
  site: Site,
  families: readonly Family[],
  zone: ZoneView,
): readonly Step[] {
  return flipSteps(service, site, families, zone, zone.epochSet);
}

function flipSteps(
  service: Service,
  site: Site,
  families: readonly Family[],
  zone: ZoneView,
  expectEpoch: PlannedChange['expectEpoch'],
): readonly Step[] {
  const { dns, limitsMs } = service;
  const changes = recordChanges(dns, site, families, zone);
  const base = zone.epoch?.epoch ?? 0;
  const change: PlannedChange = {
    epochName: dns.epochName,
    ttlS: dns.ttlS,
    expectEpoch,
    nextEpoch: { epoch: expectEpoch === 'claimed' ? base + 2 : base + 1, active: site.name },
    upserts: changes.upserts,
    deletes: changes.deletes,
  };
  return [
    { kind: 'flip', change, limitMs: limitsMs.flip },
    { kind: 'verify', expect: changes.expect, site: site.name, families, limitMs: limitsMs.verify },
    { kind: 'announce', limitMs: limitsMs.announce },
  ];
}

function fenceStep(input: MoveInput): FenceStep | null {
  const { site, observation } = input.from;
  const { fence } = site;
  const own = FAMILIES.filter(family => site.addresses[family] !== undefined);
  const locked = own.every(family =>
    observation.families.some(seen => seen.family === family && seen.blocked === true),
  );
  const byLock = input.verdict.class === 'PROVIDER_LOCK' && fence.lockCounts && locked;
  const base = {
    kind: 'fence',
    site: site.name,
    provider: site.provider,
    server: site.server,
    families: own,
    run: fence.run,
    check: fence.check,
    waitMs: fence.leaseMs + fence.marginMs,
    limitMs: input.service.limitsMs.fence,
  } as const;
  if (byLock) return { ...base, method: 'provider-lock' };
  if (fence.method === 'none') return null;
  // A wait must be allowed to last as long as it has to.
  const limitMs = fence.method === 'wait' ? base.waitMs + base.limitMs : base.limitMs;
  return { ...base, method: fence.method, limitMs };
}
