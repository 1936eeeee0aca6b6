/**
 * Verdict + inventory + policy → Plan | Standing. Pure. Not acting is an answer with a typed reason, kept and
 * shown; a plan is complete, so that whoever runs it has nothing left to choose.
 */
import type { Origin, Plan, PlanKind, Standing, StandingCode, Step } from '../model/plan.ts';
import type { ZoneView } from '../model/signal.ts';
import { RESPONSES } from '../model/verdict.ts';
import { basisOf, planHash } from './hash.ts';
import { publishedFamilies } from './records.ts';
import { failoverSteps, publishSteps, switchoverSteps } from './steps.ts';
import { chooseTarget, wellFamilies } from './target.ts';
import { claimInForce, type PlanInput, ZONE_FRESH_MS } from './view.ts';

export type Proposal = { readonly plan: Plan } | { readonly standing: Standing };

/** @returns the plan that the verdict (or the person) calls for, or why there is none */
export function plan(input: PlanInput): Proposal {
  const { verdict, request, inventory } = input;
  const kind = request?.kind ?? RESPONSES[verdict.class];
  if (kind === 'none')
    return stand('nothing-to-do', `${verdict.class} calls for no action: ${verdict.sentence}`);
  if (request === null && inventory.service.policy[verdict.class] === 'observe') {
    return stand('policy-observe', `the policy for ${verdict.class} is observe`);
  }
  const zone = readableZone(input);
  if ('standing' in zone) return zone;
  return kind === 'failover' || kind === 'switchover'
    ? planMove(input, kind, zone.view)
    : planFamilies(input, kind, zone.view);
}

function stand(code: StandingCode, detail: string): { readonly standing: Standing } {
  return { standing: { code, detail } };
}

/** The zone as read just now, with an epoch that is ours to change; or why not. */
function readableZone(input: PlanInput): { readonly view: ZoneView } | { readonly standing: Standing } {
  const { zone, active, service } = input.inventory;
  // One from the future was read before the clock was set back: how old it is, nobody knows.
  if (zone === null || Math.abs(input.now - zone.at) > ZONE_FRESH_MS)
    return stand('looking', 'the zone has not been read just now');
  const { view } = zone;
  if (view === undefined)
    return stand('zone-unread', `the DNS API could not be read: ${zone.error ?? 'no answer'}`);
  if (view.epochSet !== null && view.epoch === null) {
    return stand(
      'epoch-foreign',
      `${service.dns.epochName} is not ours to change: ${view.epochProblem ?? 'not understood'}`,
    );
  }
  const busy = claimInForce(input.inventory.state, input.now);
  if (busy !== null)
    return stand(
      'claimed',
      `${busy.owner}, a run of another installation, is under way, as DNS says: it is left alone until ${instant(busy.since + busy.busyMs)} at the latest`,
    );
  const named = view.epoch?.active ?? null;
  if (named !== null && !service.sites.some(site => site.name === named)) {
    return stand(
      'epoch-foreign',
      `DNS says that "${named}" is active, a site that this config does not know`,
    );
  }
  if (named !== null && named !== active.site.name) {
    return stand('active-moved', `DNS says that ${named} is active, not ${active.site.name}`);
  }
  return { view };
}

/** @returns `2026-03-01T02:21:35Z` */
function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function planMove(input: PlanInput, kind: 'failover' | 'switchover', zone: ZoneView): Proposal {
  const { inventory, request, verdict } = input;
  const { target, refusals } = chooseTarget(input);
  if (target === null) {
    if (inventory.standbys.length === 0) return stand('no-viable-target', 'the service has no other site');
    const detail = refusals.map(refusal => `${refusal.site}: ${refusal.reason}`).join('; ');
    return stand(refusals.some(refusal => refusal.pending) ? 'looking' : 'no-viable-target', detail);
  }
  const move = {
    service: inventory.service,
    from: inventory.active,
    to: target.site,
    families: wellFamilies(target),
    zone,
    verdict,
    overrides: request?.overrides ?? [],
    rival: inventory.state.rival,
  };
  const steps = kind === 'failover' ? failoverSteps(move) : switchoverSteps(move);
  return finish(input, kind, target.site.name, zone, steps);
}

/** Withdraw the families that are down or locked, or publish again those that returned. */
function planFamilies(input: PlanInput, kind: 'withdraw' | 'restore', zone: ZoneView): Proposal {
  const { active, service } = input.inventory;
  const published = publishedFamilies(zone);
  const seen = active.observation.families;
  const bad = seen.filter(
    family =>
      !family.essential && (family.state === 'down' || (family.blocked === true && family.state !== 'ok')),
  );
  const well = seen.filter(family => family.state === 'ok' && family.blocked !== true);
  const keep = seen
    .map(entry => entry.family)
    .filter(family =>
      kind === 'withdraw'
        ? published.includes(family) && !bad.some(entry => entry.family === family)
        : published.includes(family) || well.some(entry => entry.family === family),
    );
  if (keep.length === 0) return stand('no-other-family', 'withdrawing it would leave no address at all');
  if (keep.length === published.length && keep.every(family => published.includes(family))) {
    return stand('nothing-to-do', 'DNS publishes just the families it should');
  }
  return finish(input, kind, active.site.name, zone, publishSteps(service, active.site, keep, zone));
}

function finish(
  input: PlanInput,
  kind: PlanKind,
  to: string,
  zone: ZoneView,
  steps: readonly Step[],
): Proposal {
  const { request, verdict, inventory, now } = input;
  const origin: Origin =
    request === null
      ? { by: 'judge' }
      : { by: 'operator', operator: request.operator, reason: request.reason };
  const draft: Omit<Plan, 'hash'> = {
    id: input.planId,
    service: inventory.service.name,
    basis: basisOf(inventory.service),
    kind,
    from: inventory.active.site.name,
    to,
    baseEpoch: zone.epoch?.epoch ?? 0,
    steps,
    overrides: request?.overrides ?? [],
    origin,
    because: { class: verdict.class, rule: verdict.rule, at: verdict.at },
    createdAt: now,
    expiresAt: now + inventory.service.planTtlMs,
  };
  return { plan: { ...draft, hash: planHash(draft) } };
}
