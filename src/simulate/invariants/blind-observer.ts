/**
 * 5 One blind observer never triggers: own network proven up, and quorum where witnesses exist.
 *
 * Looked at when a station first commits an automatic run that leaves a site or takes a family away. By then it must have
 * been told of failures of that site, unbroken, at least one of them at a time when its own network was truly up in that
 * family; a reference must have answered in that family since the first of them; and the failures must be as many and as
 * long as the thresholds ask, or the hoster must have said since they began that the family is locked. Evidence may be
 * as old as `staleMs`. Clocks drift by 1 % (5 % are allowed here) and jump (then spans of time prove nothing for an
 * hour). A success that is told between the decision and its commit comes too late: `slack` covers it. There are no
 * witnesses in a simulation.
 */
import type { Plan } from '../../model/plan.ts';
import type { Family } from '../../model/sample.ts';
import type { Service } from '../../model/service.ts';
import type { Checker, Event, EventOf } from '../events.ts';
import type { Past, PastRun } from './past.ts';
import type { Failure, Streak } from './streaks.ts';
import { NEVER } from './told.ts';

export function createBlindObserver(past: Past): Checker {
  /** When a station was last told that an address is locked. */
  const blockedAt = new Map<string, number>();
  return {
    invariant: 5,
    sentence: 'One blind observer never triggers: own network proven up, and quorum where witnesses exist.',
    see(event) {
      if (event.kind === 'told-host') noteLock(blockedAt, event);
      for (const run of past.begunAwake) {
        const found = run.first.automatic ? look(past, blockedAt, run, event) : null;
        if (found !== null) return found;
      }
      return null;
    },
  };
}

function noteLock(blockedAt: Map<string, number>, event: EventOf<'told-host'>): void {
  for (const family of ['v4', 'v6'] as const)
    if (event.reading.blocked[family] === true)
      blockedAt.set(`${event.by.station} ${event.box} ${family}`, event.at);
}

function look(past: Past, blockedAt: ReadonlyMap<string, number>, run: PastRun, event: Event): string | null {
  const { plan } = run;
  const service = past.roll.service(run.first.service);
  if (plan === null || service === null || plan.kind === 'restore') return null;
  const proof = (family: Family) => proofOf(past, blockedAt, run, plan, service, family, event.at);
  const what = `automatic ${plan.kind} ${run.first.id} of ${service.name} from ${plan.from}`;
  if (plan.kind === 'withdraw') {
    for (const family of withdrawn(plan)) {
      const lacking = proof(family);
      if (lacking !== null) return `${what}: ${family} is withdrawn, and ${lacking}`;
    }
    return null;
  }
  const lacking = service.essential.map(family => [family, proof(family)] as const);
  return lacking.some(([, one]) => one === null)
    ? null
    : `${what}: ${lacking.map(([family, one]) => `${family}: ${one}`).join('; ')}`;
}

function withdrawn(plan: Plan): readonly Family[] {
  const types = plan.steps.flatMap(step =>
    step.kind === 'flip' ? step.change.deletes.map(set => set.type) : [],
  );
  return (['v4', 'v6'] as const).filter(family => types.includes(family === 'v4' ? 'A' : 'AAAA'));
}

/** @returns what is lacking to call this family away, or null */
function proofOf(
  past: Past,
  blockedAt: ReadonlyMap<string, number>,
  run: PastRun,
  plan: Plan,
  service: Service,
  family: Family,
  at: number,
): string | null {
  const { station } = run.by;
  const required = service.probes.filter(probe => probe.required && probe.families.includes(family));
  const streaks = required.map(probe => failuresOf(past, run, plan.from, probe.id, family, at));
  const failing = streaks.filter(streak => streak.some(failure => failure.online));
  if (failing.length === 0) return 'no required probe was seen failing while its own network was up';
  const since = Math.min(...failing.map(streak => streak[0]?.from ?? at));
  if (past.streaks.referenceAt(station, family) < since) return 'no reference has answered since';
  const server = past.roll.site(service.name, plan.from)?.server ?? '';
  const locked = (blockedAt.get(`${station} ${server} ${family}`) ?? NEVER) >= since;
  const byLock = plan.because.class === 'PROVIDER_LOCK' || plan.kind === 'withdraw';
  if (byLock && locked) return null;
  if (plan.because.class === 'PROVIDER_LOCK') return 'the hoster has not said since that it is locked';
  const { failures, failingForMs, downWhen } = service.thresholds;
  const unsure = past.faults.clockUnsure(station, at);
  const down = failing.filter(
    streak =>
      streak.length >= failures && (unsure || at - (streak[0]?.from ?? at) >= failingForMs * 0.95 - 100),
  );
  const needed = downWhen === 'any' || plan.because.class === 'DEGRADED' ? 1 : required.length;
  return down.length >= needed
    ? null
    : `${down.length} of ${required.length} required probes had failed ${failures} times for ${failingForMs / 1000} s`;
}

function failuresOf(
  past: Past,
  { by: { station, process }, first: { service } }: PastRun,
  site: string,
  probe: string,
  family: Family,
  at: number,
): readonly Failure[] {
  const streak = past.streaks.of(station, service, site, probe, family);
  if (streak === null) return [];
  const staleMs = past.roll.service(service)?.pace.staleMs ?? 0;
  // What came between the decision and its commit came too late.
  const decidedAt = at - past.faults.slack(station, at);
  const failures = unbroken(past, process, service, streak, decidedAt);
  return past.streaks
    .believed(failures, service, process, decidedAt)
    .filter(failure => failure.from >= at - staleMs * 1.05 - 100);
}

/** A success breaks the streak, unless it came too late, or to another process that was at work beside this one, or died with it. */
function unbroken(
  past: Past,
  process: string,
  service: string,
  { ended, failures }: Streak,
  tooLate: number,
): readonly Failure[] {
  if (ended === null) return failures;
  if (ended.at >= tooLate) return ended.failures;
  const unheard =
    ended.by !== process &&
    (ended.at >= past.told.startedAt(process) || !past.streaks.isSaved(ended.by, service, ended.at));
  return unheard ? [...ended.failures, ...failures.filter(one => !ended.failures.includes(one))] : failures;
}
