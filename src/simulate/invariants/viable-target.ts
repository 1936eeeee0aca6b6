/**
 * 8 No stale or unhealthy standby is promoted except by a named, one-shot, audited override.
 *
 * Looked at when a run that moves a service is first committed. The target must have answered every required probe in
 * every essential family: told to that station, begun after the trouble of the site that is left began (the first failure
 * of its unbroken streaks), and not longer ago than a minute or three fast rounds with a time-out (whichever is more; the
 * program allows itself less). A failure that was told since, save in the moment between decision and commit, undoes it.
 * Where a limit is set on the age of the data, the last measured age, grown by the time since, must keep it; the one
 * before counts when the last came in that moment. Who slept for half a minute between decision and commit can't see it grow.
 */
import type { Service } from '../../model/service.ts';
import type { Actor, Checker, EventOf } from '../events.ts';
import { isAudited } from './excuses.ts';
import type { Past, PastRun } from './past.ts';
import { NEVER } from './told.ts';

/** So old may the verdict be on which a run begins, ms. */
const SLEPT_MS = 30_000;

/** Who decides has heard an answer just before. */
const ASLEEP_MS = 15_000;

interface Lag {
  readonly lagMs: number;
  readonly at: number;
}

export function createViableTarget(past: Past): Checker {
  /** The newest first, by station, service and site. */
  const lags = new Map<string, readonly Lag[]>();
  return {
    invariant: 8,
    sentence: 'No stale or unhealthy standby is promoted except by a named, one-shot, audited override.',
    see(event) {
      if (event.kind === 'told-lag') measured(lags, event);
      for (const run of past.begunAwake) {
        const found = look(past, lags, run);
        if (found !== null) return found;
      }
      return null;
    },
  };
}

function measured(lags: Map<string, readonly Lag[]>, event: EventOf<'told-lag'>): void {
  const key = `${event.by.station} ${event.service} ${event.site}`;
  const [last] = lags.get(key) ?? [];
  lags.set(key, [{ lagMs: event.lagMs, at: event.at }, ...(last === undefined ? [] : [last])]);
}

function look(past: Past, lags: ReadonlyMap<string, readonly Lag[]>, run: PastRun): string | null {
  const { kind, to } = run.first;
  const service = past.roll.service(run.first.service);
  if (service === null || (kind !== 'failover' && kind !== 'switchover')) return null;
  const found = unwell(past, run, service) ?? stale(past, lags, run);
  return found === null ? null : `${kind} ${run.first.id} of ${service.name} to ${to}: ${found}`;
}

function unwell(past: Past, { first, plan, by, at }: PastRun, service: Service): string | null {
  const { pace, probes } = service;
  const slowest = Math.max(0, ...probes.map(probe => probe.timeoutMs));
  const slack = past.faults.slack(by.station, at);
  const mostMs = Math.max(60_000, 3 * pace.fastMs + slowest + 5000) + slack;
  const began = troubleBegan(past, by, service, plan?.from ?? '', at - slack);
  for (const family of service.essential)
    for (const { id } of probes.filter(probe => probe.required && probe.families.includes(family))) {
      const streak = past.streaks.of(by.station, service.name, first.to, id, family);
      if (streak === null || streak.okAt === NEVER) return `${id} ${family} was never seen well there`;
      const failures = past.streaks.believed(streak.failures, service.name, by.process);
      const failed = failures.find(failure => failure.at < at - slack);
      if (failed !== undefined) return `${id} ${family} has failed there since ${ago(at - failed.from)}`;
      if (streak.okFrom < began)
        return `${id} ${family} was last seen well there ${ago(at - streak.okFrom)}, before the trouble began`;
      // By a clock that was set since, nobody can tell how old that is.
      if (at - streak.okAt > mostMs && past.faults.jumpedAt(by.station) < streak.okAt)
        return `${id} ${family} was last seen well there ${ago(at - streak.okAt)}`;
    }
  return null;
}

/** @param tooLate what was told from then on came between the decision and its commit */
function troubleBegan(
  past: Past,
  { station, process }: Actor,
  service: Service,
  site: string,
  tooLate: number,
): number {
  let began = Number.POSITIVE_INFINITY;
  for (const probe of service.probes.filter(one => one.required))
    for (const family of probe.families) {
      const streak = past.streaks.of(station, service.name, site, probe.id, family);
      const [first] = past.streaks.believed(streak?.failures ?? [], service.name, process);
      if (first !== undefined && first.at < tooLate) began = Math.min(began, first.from);
    }
  return began === Number.POSITIVE_INFINITY ? NEVER : began;
}

function stale(past: Past, lags: ReadonlyMap<string, readonly Lag[]>, run: PastRun): string | null {
  const { first, by, at } = run;
  const site = past.roll.site(first.service, first.to);
  if (site?.maxLagMs == null || site.freshness === null || isAudited(past, run, 'allow-data-loss'))
    return null;
  const slack = past.faults.slack(by.station, at);
  const [last, before] = lags.get(`${by.station} ${first.service} ${first.to}`) ?? [];
  if (last === undefined) return 'the age of its data was never measured';
  // Asleep for less than a verdict may be old: it is as old as it was when the process heard something last.
  const asOf = past.told.hasSlept(by.process, at, ASLEEP_MS)
    ? Math.max(past.told.heardBefore(by.process, at), at - SLEPT_MS)
    : at;
  const fresh = (lag: Lag) => lag.lagMs + Math.max(0, asOf - lag.at) <= (site.maxLagMs ?? 0) + slack;
  if (fresh(last) || (before !== undefined && last.at >= at - slack && fresh(before))) return null;
  return `its data is ${Math.round((last.lagMs + at - last.at) / 1000)} s old, ${site.maxLagMs / 1000} s are allowed`;
}

function ago(ms: number): string {
  return `${Math.round(ms / 1000)} s ago`;
}
