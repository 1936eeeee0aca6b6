/** The steps of each kind of plan, in order. Builders only: whether the plan may run is the gate's business. */
import type { Observation } from '../model/observation.ts';
import type { FenceStep, GuardedChange, Override, Step } from '../model/plan.ts';
import { FAMILIES, type Family } from '../model/sample.ts';
import type { Service, Site } from '../model/service.ts';
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
}

/** snapshot, fence, promote, check, flip, verify, announce */
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
  return [...steps, ...arrivalSteps(input)];
}

/** quiesce, catch-up in place of the fence: nothing is lost */
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
  return [...steps, ...arrivalSteps(input)];
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
  return [...steps, ...publishSteps(service, to, families, input.zone)];
}

/** flip, verify, announce: all that `withdraw` and `restore` are */
export function publishSteps(
  service: Service,
  site: Site,
  families: readonly Family[],
  zone: ZoneView,
): readonly Step[] {
  const { dns, limitsMs } = service;
  const changes = recordChanges(dns, site, families, zone);
  const change: GuardedChange = {
    epochName: dns.epochName,
    ttlS: dns.ttlS,
    expectEpoch: zone.epochSet,
    nextEpoch: { epoch: (zone.epoch?.epoch ?? 0) + 1, active: site.name },
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
