/**
 * 9 (the end of it) … and running again converges.
 *
 * At the end of the calm, with everything healed: no run is open; every incident is closed, unless its service is truly
 * not well; the state names the site that the epoch names; and a run whose token the zone has held has ended as flipped,
 * or as superseded, but for its claim. Left out: stations without a runner (nobody runs again there), services that a
 * person holds (an open run waits for them) or must look at (the epoch was rolled back, or is not ours to understand),
 * changes of the zone that landed after their run had ended, or while its end was being written by who slept over it, or
 * that fate undid before.
 */
import type { Service } from '../../model/service.ts';
import { type Checker, type Truth, isMove } from '../events.ts';
import type { Account } from './ledger.ts';
import { isFinal, type Past } from './past.ts';
import { NEVER } from './told.ts';

export function createConverges(past: Past): Checker {
  const landedAt = new Map<string, number>();
  /** Runs whose end was written by a process that slept in that very moment: what landed meanwhile it could not know. */
  const endedAsleep = new Set<string>();
  const undoneAt = new Map<string, number>();
  return {
    invariant: 9,
    sentence: 'A crash, veto or API error at any instant ends in a known state, and running again converges.',
    see(event) {
      if (event.kind === 'commit' && past.told.hasSlept(event.by.process, event.at))
        for (const change of event.changes)
          if (change.kind === 'run' && isFinal(change.run)) endedAsleep.add(change.run.token);
      if (event.kind !== 'zone') return null;
      if (event.by !== null && event.epochAfter !== null && isMove(event))
        landedAt.set(event.epochAfter.owner, event.at);
      if (event.by === null && event.service !== null) undoneAt.set(event.service, event.at);
      return null;
    },
    end(truth) {
      return unsettled(past, truth) ?? forgotten(past, landedAt, undoneAt, endedAsleep);
    },
  };
}

function unsettled(past: Past, truth: Truth): string | null {
  for (const { name: station, runner } of past.roll.cast.stations) {
    if (runner === null) continue;
    for (const service of past.roll.services) {
      const found = unsettledAt(past.ledger.of(station, service.name), service, truth);
      if (found !== null) return `after the calm ${station} ${found}`;
    }
  }
  return null;
}

function unsettledAt(account: Account, service: Service, truth: Truth): string | null {
  const { name } = service;
  const epoch = truth.epoch(name);
  const held = account.hold !== null;
  const [run] = account.openRuns;
  if (run !== undefined && !held) return `still has run ${run} of ${name} open`;
  const foreign = epoch === null || !service.sites.some(site => site.name === epoch.active);
  const lower = (epoch?.epoch ?? 0) < account.maxEpoch;
  if (lower || (foreign && account.maxEpoch > 0)) return null;
  if (epoch !== null && !foreign && account.active !== epoch.active && run === undefined)
    return `takes ${account.active ?? 'no site'} of ${name} for active, the epoch names ${epoch.active}`;
  const [incident] = account.openIncidents.values();
  if (incident === undefined || !isWell(service, account.active, truth)) return null;
  return `still has incident ${incident.id} (${incident.class}) of ${name} open, and ${account.active ?? 'it'} is well`;
}

/** Every family of the site answers, and DNS publishes them all: nothing is left that an incident could be about. */
function isWell(service: Service, active: string | null, truth: Truth): boolean {
  const site = service.sites.find(one => one.name === active);
  if (site === undefined) return false;
  const records = truth.records(service.name);
  return (['v4', 'v6'] as const)
    .filter(family => site.addresses[family] !== undefined)
    .every(
      family =>
        truth.answers(service.name, site.name, family) &&
        records.some(set => set.type === (family === 'v4' ? 'A' : 'AAAA')),
    );
}

function forgotten(
  past: Past,
  landedAt: ReadonlyMap<string, number>,
  undoneAt: ReadonlyMap<string, number>,
  endedAsleep: ReadonlySet<string>,
): string | null {
  for (const [token, at] of landedAt) {
    const known = past.runOf(token);
    if (known === null || known.run.flipped || known.run.status === 'superseded') continue;
    // It is asked for a last time right before the end is written down.
    const slackMs = past.faults.slack(known.by.station, at) + 6 * past.roll.cast.latencyMs;
    const late = known.endedAt !== null && known.endedAt < at + slackMs;
    const undone = (undoneAt.get(known.first.service) ?? NEVER) >= at;
    if (late || undone || !isFinal(known.run) || endedAsleep.has(token)) continue;
    return `run ${known.first.id} of ${known.first.service} has changed the zone, and ended as ${known.run.status}, not flipped`;
  }
  return null;
}
