/**
 * Which standby? The first in the order of preference that nothing speaks against. Reasons against are kept for
 * every site, so that "no viable target" says why for each.
 */
import type { FamilyObservation } from '../model/observation.ts';
import { FAMILIES, type Family } from '../model/sample.ts';
import { type PlanInput, type SiteView, standbyFreshMs, troubleBegan } from './view.ts';

export interface Refusal {
  readonly site: string;
  readonly reason: string;
  /** True: not refused, only not looked at yet. */
  readonly pending: boolean;
}

export type Choice =
  | { readonly target: SiteView; readonly refusals: readonly Refusal[] }
  | { readonly target: null; readonly refusals: readonly Refusal[] };

/** @returns the target, or null with a reason for every other site */
export function chooseTarget(input: PlanInput): Choice {
  const { request, inventory } = input;
  const refusals: Refusal[] = [];
  for (const view of inventory.standbys) {
    if (request?.to != null && view.site.name !== request.to) continue;
    const refusal = against(input, view);
    if (refusal === null) return { target: view, refusals };
    refusals.push(refusal);
  }
  if (request?.to != null && refusals.length === 0) {
    const known = inventory.standbys.map(view => view.site.name).join(', ');
    const reason =
      request.to === inventory.active.site.name
        ? 'it is active already'
        : `there is no such site; there are: ${known}`;
    refusals.push({ site: request.to, reason, pending: false });
  }
  return { target: null, refusals };
}

/** @returns the families of the standby that are well; what is not well is not published */
export function wellFamilies(view: SiteView): readonly Family[] {
  return FAMILIES.filter(family =>
    view.observation.families.some(
      seen =>
        seen.family === family && seen.state === 'ok' && seen.blocked !== true && seen.observer !== 'offline',
    ),
  );
}

function against(input: PlanInput, view: SiteView): Refusal | null {
  const { state, service } = input.inventory;
  const name = view.site.name;
  const no = (reason: string, pending = false): Refusal => ({ site: name, reason, pending });
  const out = state.quarantined.find(entry => entry.site === name);
  if (out !== undefined) return no(`it was failed over from (${out.run}) and no person has cleared it`);
  if (input.request === null && state.tried.includes(name))
    return no('it was tried in this incident and failed');
  if (view.observation.families.some(family => isToBeLookedAt(input, family)))
    return no('it has not been looked at just now', true);
  const well = wellFamilies(view);
  const missing = service.essential.filter(family => !well.includes(family));
  if (missing.length > 0) return no(`${missing.join(' and ')} there is not well: ${trouble(view, missing)}`);
  return againstData(input, view, no);
}

function againstData(
  input: PlanInput,
  view: SiteView,
  no: (reason: string, pending?: boolean) => Refusal,
): Refusal | null {
  const { freshness, site } = view;
  if (site.freshness === null || input.request?.overrides.includes('allow-data-loss') === true) return null;
  if (freshness === null) return no('the age of its data has not been measured yet', true);
  // From the store it comes through JSON, where what is no number is null.
  if (typeof freshness.lagMs !== 'number')
    return no(`the age of its data is unknown: ${freshness.error ?? 'no reading'}`);
  // The data has aged since it was measured; when that was long ago, it is measured again before it is refused.
  const sinceMs = Math.max(0, input.now - freshness.at);
  const lagMs = freshness.lagMs + sinceMs;
  if (site.maxLagMs === null || lagMs <= site.maxLagMs) return null;
  const pending = freshness.lagMs <= site.maxLagMs && sinceMs > standbyFreshMs(input.inventory.service);
  return no(`its data is ${seconds(lagMs)} old, ${seconds(site.maxLagMs)} are allowed`, pending);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/**
 * Every required probe must have been run just now, after the trouble began. A family in which we are blind ourselves is
 * not waited for unless the service needs it: its failures are not counted, so nothing of it would ever come.
 */
function isToBeLookedAt(input: PlanInput, family: FamilyObservation): boolean {
  if (!family.essential && family.observer === 'offline') return false;
  const oldest = Math.max(
    troubleBegan(input.inventory.active.observation),
    input.now - standbyFreshMs(input.inventory.service),
  );
  return family.probes.some(probe => probe.required && (probe.lastAt === null || probe.lastAt < oldest));
}

/** @returns in short what is wrong with these families: `https v4 refused` */
function trouble(view: SiteView, families: readonly Family[]): string {
  const found: string[] = [];
  for (const family of families) {
    const seen = view.observation.families.find(entry => entry.family === family);
    if (seen === undefined) found.push(`no ${family} address`);
    else if (seen.blocked === true) found.push(`${family} is locked by the hoster`);
    else if (seen.observer === 'offline') found.push(`our own ${family} is down`);
    for (const probe of seen?.probes ?? []) {
      if (probe.required && probe.state !== 'ok') {
        found.push(`${probe.probe} ${family} ${probe.lastFailure ?? 'failed'}`);
      }
    }
  }
  return found.slice(0, 4).join(', ');
}
