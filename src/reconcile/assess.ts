/** From the evidence at hand to a decision: adopt → observe → judge → plan → gate, without doing any of it. */
import { judge } from '../judge/judge.ts';
import { observe } from '../judge/observe.ts';
import type { Observation } from '../model/observation.ts';
import type { Plan, Standing } from '../model/plan.ts';
import type { Service, Site } from '../model/service.ts';
import type { ZoneReading } from '../model/signal.ts';
import type { GateResult, Run, ServiceState } from '../model/state.ts';
import type { Verdict } from '../model/verdict.ts';
import { gate, refusals } from '../plan/gate/gate.ts';
import { plan } from '../plan/plan.ts';
import type { Inventory, PlanInput, Request, SiteView } from '../plan/view.ts';
import { type Adoption, adopt, isPast, isRecent } from './adopt.ts';
import { lookBack } from './look-back.ts';
import { concernedNeighbours } from './neighbours.ts';
import type { Watch } from './watch.ts';
import type { World } from './world.ts';

export interface Order {
  /** A person asks for a move … */
  readonly request: Request | null;
  /** … or approves a stored plan. */
  readonly approved: { readonly plan: Plan; readonly by: string } | null;
}

export const NO_ORDER: Order = { request: null, approved: null };

export interface Assessment {
  readonly inventory: Inventory;
  readonly adoption: Adoption;
  readonly before: ServiceState;
  readonly openRun: Run | null;
  readonly verdict: Verdict;
  readonly plan: Plan | null;
  readonly standing: Standing | null;
  readonly gate: readonly GateResult[];
}

/** @returns what is the case, what should be done about it, and whether the gate lets it through */
export async function assess(world: World, watch: Watch, order: Order): Promise<Assessment> {
  const { service } = watch;
  const now = world.clock.now();
  watch.forget(now);
  const before = await world.store.service(service.name);
  watch.knowEpoch(before.maxEpoch);
  const openRun = await world.store.openRun(service.name);
  const latest = newest(watch.zones);
  const { lastFlip, lastTurn, lastFailure, failures } = await lookBack(world.store, before);
  const zone = latest === null || isPast(latest, lastTurn, now) ? null : latest;
  // Not to be taken for a recent answer when the next round asks what is due.
  if (zone === null) watch.forgetZone();
  const news = zone !== null && isRecent(zone, service, now) ? zone : null;
  const adoption = adopt(service, before, news, openRun, await isOurs(world, news, before));
  const state: ServiceState = { ...before, ...adoption };
  const active = service.sites.find(site => site.name === state.active) ?? service.sites[0];
  if (active === undefined) throw new Error(`${service.name} has no site`);
  const standbys = service.sites
    .filter(site => site !== active)
    .map(site => view(watch, site, state, now, []));
  const warnings = [...standbys.flatMap(standby => standbyTrouble(standby, state)), ...zoneTrouble(zone)];
  const inventory: Inventory = {
    service,
    state,
    active: view(watch, active, state, now, warnings),
    standbys,
    lastFlip,
    lastFailure,
    failures,
    zone,
  };
  const verdict = judge(inventory.active.observation);
  const base = { inventory, adoption, before, openRun, verdict };
  const proposal =
    order.approved === null
      ? plan(planInput(world, { inventory, verdict, request: order.request, now }))
      : { plan: order.approved.plan };
  if (!('plan' in proposal)) return { ...base, plan: null, standing: proposal.standing, gate: [] };
  const results = gate({
    plan: proposal.plan,
    inventory,
    verdict,
    mode: world.settings.mode,
    guardedDns: world.dnsCapabilities(service.dns.provider).compareAndSwap,
    openRun,
    neighbours: await concernedNeighbours(world.settings, world.store, service, active, now),
    approvedBy: order.approved?.by ?? null,
    now,
  });
  return { ...base, plan: proposal.plan, standing: standingOf(results), gate: results };
}

/** A claim left by an earlier run of ours keeps nobody waiting. */
async function isOurs({ store }: World, zone: ZoneReading | null, { rival }: ServiceState): Promise<boolean> {
  const epoch = zone?.view?.epoch ?? null;
  if (epoch === null || (epoch.claim === undefined && rival === null)) return false;
  return (await store.run(epoch.owner)) !== null;
}

/** The id is drawn only when a plan is made of it: a healthy tick then never loads the random source, 2 ms of its start. */
function planInput(world: World, rest: Omit<PlanInput, 'planId'>): PlanInput {
  return {
    ...rest,
    get planId() {
      return world.ids.next('p');
    },
  };
}

function standingOf(results: readonly GateResult[]): Standing | null {
  const refused = refusals(results);
  if (refused.length === 0) return null;
  const detail = refused.map(row => `${row.value}, against rule ${row.number}: ${row.sentence}`).join('; ');
  // The run that is open goes on, or waits for a hold to end: of both people are told.
  if (refused.every(row => row.code === 'run-open')) return { code: 'run-open', detail };
  return { code: 'refused-by-gate', detail };
}

function view(
  watch: Watch,
  site: Site,
  state: ServiceState,
  now: number,
  warnings: readonly string[],
): SiteView {
  const evidence = watch.about(site.name);
  const service = site.name === state.active ? watch.service : seenSeldom(watch.service);
  const observation: Observation = observe({ service, site, evidence, state, warnings, now });
  return { site, observation, freshness: newest(evidence.freshness.filter(item => item.site === site.name)) };
}

/**
 * Standbys are looked at seldom while all is well: for as many looks as the thresholds count their samples must stay fresh, or
 * one that is down for good would never be told of. Whether a look is new enough to promote is asked of each plan anyway.
 */
function seenSeldom(service: Service): Service {
  const known = SEEN_SELDOM.get(service);
  if (known !== undefined) return known;
  const { pace, thresholds } = service;
  const staleMs = Math.max(pace.staleMs, (thresholds.failures + 1) * pace.standbyMs);
  const seldom = {
    ...service,
    pace: { ...pace, staleMs, intervalMs: Math.max(pace.intervalMs, pace.standbyMs) },
  };
  SEEN_SELDOM.set(service, seldom);
  return seldom;
}

/** Asked for each standby in each cycle, and always the same. */
const SEEN_SELDOM = new WeakMap<Service, Service>();

/** Credentials that have expired are to be known before the night, not in it. */
function zoneTrouble(zone: ZoneReading | null): readonly string[] {
  if (zone?.error !== undefined) return [`the DNS API cannot be read: ${zone.error}`];
  const problem = zone?.view?.epochProblem;
  return problem === undefined ? [] : [`the epoch in DNS is not ours to change: ${problem}`];
}

/** A standby that would not be able to take over is something to know before the night. */
function standbyTrouble(standby: SiteView, state: ServiceState): readonly string[] {
  const { name } = standby.site;
  if (state.quarantined.some(entry => entry.site === name)) return [];
  return standby.observation.families
    .filter(family => family.essential && !['ok', 'no-data', 'suspect', 'failing'].includes(family.state))
    .map(family => `standby ${name}: ${family.family} is ${family.state}`);
}

function newest<T extends { readonly at: number }>(items: readonly T[]): T | null {
  let found: T | null = null;
  for (const item of items) if (found === null || item.at >= found.at) found = item;
  return found;
}
