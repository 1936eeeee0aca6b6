/** Gate rows about the order of steps. */
import type { FenceStep, StepKind } from '../../model/plan.ts';
import { FAMILIES } from '../../model/sample.ts';
import type { Site } from '../../model/service.ts';
import { age, type Finding, found, type GateContext, moves, overridden } from './finding.ts';

function positions(context: GateContext, kind: StepKind): number[] {
  return context.plan.steps.flatMap((step, index) => (step.kind === kind ? [index] : []));
}

/** What a plan that stays where it is has no business to do. */
const MOVING: ReadonlySet<StepKind> = new Set([
  'claim',
  'snapshot',
  'quiesce',
  'catch-up',
  'fence',
  'promote',
  'check',
]);

/**
 * Invariants 1 and 2. A plan that moves a service whose data can diverge needs a fence (failover) or a quiesce
 * (switchover) of the site it leaves, before the first promote and before the flip.
 */
export function fenceFirst(context: GateContext): Finding {
  const { plan, inventory } = context;
  if (!moves(plan.kind)) {
    const still = plan.from === plan.to && !plan.steps.some(step => MOVING.has(step.kind));
    return found(still, still ? 'the site stays' : `a ${plan.kind} that moves the service`, 'n/a');
  }
  const wanted = plan.kind === 'failover' ? 'fence' : 'quiesce';
  // Before the override is heard: who skips the fence of this machine has not asked for that of another.
  const weak = weakness(context);
  if (weak !== null) return found(false, weak, wanted);
  if (plan.origin.by === 'operator' && overridden(plan, 'skip-fence'))
    return found(true, `skipped by ${plan.origin.operator}`, 'fence');
  const at = plan.steps.findIndex(step => step.kind === wanted && step.site === plan.from);
  const promotes = positions(context, 'promote');
  if (at === -1) {
    // Nothing is promoted and nothing can diverge: two sites that serve the same for a while do no harm.
    const harmless = inventory.service.stateless && promotes.length === 0;
    const lacking =
      wanted === 'quiesce'
        ? `site ${plan.from} has no quiesce command in the config`
        : `no fence of ${plan.from}`;
    return found(harmless, harmless ? 'stateless, nothing is promoted' : lacking, wanted);
  }
  const first = Math.min(...promotes, ...positions(context, 'flip'));
  return found(at < first, `${wanted} is step ${at + 1}`, `before step ${first + 1}`);
}

/** A fence counts as the config knows it now: of this machine, by this method, for this long. */
function weakness({ plan, inventory }: GateContext): string | null {
  const site = inventory.service.sites.find(entry => entry.name === plan.from);
  if (site === undefined) return `the config has no site ${plan.from}`;
  const found = plan.steps.flatMap(step => (step.kind === 'fence' ? (weakFence(step, site) ?? []) : []));
  return found[0] ?? null;
}

function weakFence(step: FenceStep, { provider, server, addresses, fence }: Site): string | null {
  if (step.provider !== provider || step.server !== server) return 'a fence of another machine';
  if (step.method === 'provider-lock') {
    const all = FAMILIES.every(family => addresses[family] === undefined || step.families.includes(family));
    return fence.lockCounts && all ? null : 'a lock that does not count';
  }
  if (step.method !== fence.method) return `${step.method}, the config says ${fence.method}`;
  const span = fence.leaseMs + fence.marginMs;
  return step.method === 'wait' && step.waitMs < span
    ? `a wait of ${age(step.waitMs)} of ${age(span)}`
    : null;
}

/**
 * A wait is a fence only because the site would be seen if it kept serving. Where our own network is cut off, or not proven up
 * since the site began to fail, it could serve there for hours with nobody the wiser, whoever ordered the run. One that answers, in
 * whatever family, has contact and gives itself up never: its run would fail at its first look, and the next as well.
 */
export function waitSees({ plan, inventory }: GateContext): Finding {
  if (!plan.steps.some(step => step.kind === 'fence' && step.method === 'wait'))
    return found(true, 'nothing is waited for', 'n/a');
  const probed = inventory.active.observation.families.filter(({ probes }) =>
    probes.some(({ required }) => required),
  );
  const unseen = probed.filter(({ observer }) => observer !== 'online');
  const answering = probed.filter(({ probes }) =>
    probes.some(({ required, state }) => required && state === 'ok'),
  );
  const against = [
    ...unseen.map(({ family, observer }) => `our own ${family} is ${observer}`),
    ...answering.map(({ family }) => `it answers in ${family}`),
  ];
  return found(against.length === 0, against.length === 0 ? 'seen' : against.join(', '), 'online and silent');
}

export function oneFlip(context: GateContext): Finding {
  const flips = positions(context, 'flip').length;
  return found(flips === 1, String(flips), '1');
}

export function flipAfterCheck(context: GateContext): Finding {
  if (!moves(context.plan.kind)) return found(true, 'the site stays', 'n/a');
  const { plan } = context;
  const published = plan.steps.flatMap(step => (step.kind === 'verify' ? step.families : []));
  const check = plan.steps.findIndex(
    step =>
      step.kind === 'check' &&
      step.site === plan.to &&
      published.every(family => step.families.includes(family)),
  );
  const promote = Math.max(-1, ...positions(context, 'promote'));
  const flip = Math.min(Infinity, ...positions(context, 'flip'));
  const ok = check > promote && check < flip;
  return found(ok, check === -1 ? 'no check' : `check is step ${check + 1}`, 'promote < check < flip');
}

/** Blast radius: a lock has taken the machine down for all already; a power-off or a fence command would. */
export function sparesNeighbours(context: GateContext): Finding {
  const cuts = context.plan.steps.some(step => step.kind === 'fence' && CUTS.has(step.method));
  const hit = cuts ? context.neighbours : [];
  return found(hit.length === 0, hit.length === 0 ? 'none' : `${hit.join(', ')} needs it`, 'none');
}

const CUTS: ReadonlySet<string> = new Set(['power-off', 'command']);
