/** Gate rows about the site that is to take over. Invariants 1 and 8. */

import type { StepKind } from '../../model/plan.ts';
import { FAMILIES, type Family } from '../../model/sample.ts';
import { RECORD_TYPE } from '../records.ts';
import { type SiteView, standbyFreshMs, troubleBegan } from '../view.ts';
import { age, type Finding, found, type GateContext, moves, overridden } from './finding.ts';

/** The plan's target among what was observed; null for a plan that stays where it is. */
function target(context: GateContext): SiteView | null {
  return context.inventory.standbys.find(view => view.site.name === context.plan.to) ?? null;
}

/** Families that the check promises and the flip will publish. */
function promised(context: GateContext): readonly Family[] {
  const step = context.plan.steps.find(entry => entry.kind === 'verify');
  return step === undefined ? [] : step.families;
}

const LEAVING: ReadonlySet<StepKind> = new Set(['snapshot', 'quiesce', 'fence']);

export function targetNotFenced(context: GateContext): Finding {
  const { plan } = context;
  const same = moves(plan.kind) && plan.from === plan.to;
  // No bystander is touched either: what leaves is `from`, what arrives is `to`.
  const stray = plan.steps.find(
    step =>
      step.kind !== 'claim' &&
      step.kind !== 'flip' &&
      step.kind !== 'announce' &&
      step.site !== (LEAVING.has(step.kind) ? plan.from : plan.to),
  );
  if (stray !== undefined) return found(false, `${stray.kind} of the wrong site`, 'distinct');
  return found(!same, same ? `${plan.to} would be fenced and promoted` : 'distinct', 'distinct');
}

export function targetSeenWell(context: GateContext): Finding {
  const { plan, inventory, now } = context;
  if (!moves(plan.kind)) return found(true, 'the site stays', 'n/a');
  const view = target(context);
  const families = promised(context);
  const lacking = inventory.service.essential.filter(family => !families.includes(family));
  if (view === null) return found(false, 'unknown site', 'passing');
  if (lacking.length > 0) return found(false, `${lacking.join(', ')} would not be published`, 'passing');
  const most = standbyFreshMs(inventory.service);
  const began = troubleBegan(inventory.active.observation);
  for (const family of families) {
    const seen = view.observation.families.find(entry => entry.family === family);
    for (const probe of seen?.probes.filter(entry => entry.required) ?? []) {
      if (probe.state !== 'ok' || probe.lastAt === null)
        return found(false, `${probe.probe} ${family} ${probe.state}`, 'passing');
      if (probe.lastAt < began)
        return found(false, `${probe.probe} ${family} seen before the trouble began`, 'seen since');
      if (now - probe.lastAt > most)
        return found(false, `${probe.probe} ${family} seen ${age(now - probe.lastAt)} ago`, `≤ ${age(most)}`);
    }
    if (seen === undefined || seen.probes.every(entry => !entry.required))
      return found(false, `${family} has no required probe`, 'passing');
  }
  return found(true, `${families.join(', ')} passing`, 'passing');
}

export function targetUnlocked(context: GateContext): Finding {
  const view = moves(context.plan.kind) ? target(context) : context.inventory.active;
  const published = context.plan.steps.flatMap(step =>
    step.kind === 'flip' ? step.change.upserts.map(set => set.type) : [],
  );
  const locked = FAMILIES.filter(
    family =>
      published.includes(RECORD_TYPE[family]) &&
      view?.observation.families.some(seen => seen.family === family && seen.blocked === true),
  );
  return found(locked.length === 0, locked.length === 0 ? 'none' : `${locked.join(', ')} locked`, 'none');
}

export function dataFresh(context: GateContext): Finding {
  const { plan, now } = context;
  const view = target(context);
  if (!moves(plan.kind) || view === null || view.site.freshness === null)
    return found(true, 'not measured', 'n/a');
  const limit = view.site.maxLagMs;
  const wanted = limit === null ? 'measured' : `≤ ${age(limit)}`;
  if (plan.origin.by === 'operator' && overridden(plan, 'allow-data-loss'))
    return found(true, `allowed by ${plan.origin.operator}`, wanted);
  const reading = view.freshness;
  if (typeof reading?.lagMs !== 'number') return found(false, reading?.error ?? 'unknown', wanted);
  // The data has aged since it was measured: a reading must not be used as if it were of this instant.
  const lag = reading.lagMs + Math.max(0, now - reading.at);
  return found(limit === null || lag <= limit, age(lag), wanted);
}
