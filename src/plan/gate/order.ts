/** Gate rows about the order of steps. */
import type { StepKind } from '../../model/plan.ts';
import { type Finding, found, type GateContext, moves } from './finding.ts';

function positions(context: GateContext, kind: StepKind): number[] {
  return context.plan.steps.flatMap((step, index) => (step.kind === kind ? [index] : []));
}

/**
 * Invariants 1 and 2. A plan that moves a service whose data can diverge needs a fence (failover) or a quiesce
 * (switchover) of the site it leaves, before the first promote and before the flip.
 */
export function fenceFirst(context: GateContext): Finding {
  const { plan, inventory } = context;
  if (!moves(plan.kind)) return found(true, 'the site stays', 'n/a');
  if (plan.overrides.includes('skip-fence') && plan.origin.by === 'operator') {
    return found(true, `skipped by ${plan.origin.operator}`, 'fence');
  }
  const wanted = plan.kind === 'failover' ? 'fence' : 'quiesce';
  const at = plan.steps.findIndex(step => step.kind === wanted && step.site === plan.from);
  const promotes = positions(context, 'promote');
  if (at === -1) {
    // Nothing is promoted and nothing can diverge: two sites that serve the same for a while do no harm.
    const harmless = inventory.service.stateless && promotes.length === 0;
    return found(harmless, harmless ? 'stateless, nothing is promoted' : `no ${wanted}`, wanted);
  }
  const first = Math.min(...promotes, ...positions(context, 'flip'));
  return found(at < first, `${wanted} is step ${at + 1}`, `before step ${first + 1}`);
}

export function oneFlip(context: GateContext): Finding {
  const flips = positions(context, 'flip').length;
  return found(flips === 1, String(flips), '1');
}

export function flipAfterCheck(context: GateContext): Finding {
  if (!moves(context.plan.kind)) return found(true, 'the site stays', 'n/a');
  const { plan } = context;
  const check = plan.steps.findIndex(step => step.kind === 'check' && step.site === plan.to);
  const promote = Math.max(-1, ...positions(context, 'promote'));
  const flip = Math.min(Infinity, ...positions(context, 'flip'));
  const ok = check > promote && check < flip;
  return found(ok, check === -1 ? 'no check' : `check is step ${check + 1}`, 'promote < check < flip');
}
