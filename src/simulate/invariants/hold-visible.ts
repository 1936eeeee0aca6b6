/**
 * 7 (the end of it) … and the real state stays visible beside a hold.
 *
 * While a service is held, a station whose runner lives goes on committing a decision of it: at least every three of its
 * periods, and never less than every five minutes, and the longest step of a run that is under way. Judged when the next
 * decision comes, and at the end; not where a disk, a crash, a sleep or a clock explains the gap, with some minutes to
 * recover after.
 */
import type { StationCast } from '../script.ts';
import type { Hold } from '../../model/state.ts';
import type { Checker, EventOf } from '../events.ts';
import { lifts } from './held.ts';
import type { Past } from './past.ts';

interface Sight {
  /** Since when, in true time, the gap counts: the hold, or the last decision, or the end of what explains it. */
  since: number;
  hold: Hold | null;
}

const LEAST_MS = 5 * 60_000;

export function createHoldVisible(past: Past): Checker {
  const sights = new Map<string, Sight>();
  const stations = past.roll.cast.stations.filter(station => station.runner !== null);
  const gap = (station: StationCast, service: string, now: number): string | null => {
    const sight = sights.get(`${station.name} ${service}`);
    if (sight === undefined || sight.hold === null) return null;
    const since = Math.max(sight.since, past.faults.disturbedUntil(station.name));
    const mostMs = most(past, station, service) + busyMs(past, station, service, since);
    return now - since > mostMs
      ? `${service} is held by ${sight.hold.owner}, and ${station.name} has committed no decision of it for ${Math.round((now - since) / 1000)} s (${mostMs / 1000} s are allowed)`
      : null;
  };
  return {
    invariant: 7,
    sentence: 'A hold wins, survives restarts, and the real state stays visible beside it.',
    see(event) {
      if (event.kind !== 'commit') return null;
      const station = stations.find(one => one.name === event.by.station);
      return station === undefined ? null : commit(sights, event, service => gap(station, service, event.at));
    },
    end(truth) {
      for (const station of stations)
        for (const service of past.roll.services) {
          const found = gap(station, service.name, truth.now);
          if (found !== null) return found;
        }
      return null;
    },
  };
}

function commit(
  sights: Map<string, Sight>,
  event: EventOf<'commit'>,
  gap: (service: string) => string | null,
): string | null {
  let found: string | null = null;
  for (const change of event.changes) {
    if (change.kind === 'decision') {
      const { service } = change.decision;
      found ??= gap(service);
      const sight = sights.get(`${event.by.station} ${service}`);
      if (sight !== undefined) sight.since = event.at;
    } else if (change.kind === 'hold') {
      sights.set(`${event.by.station} ${change.hold.service}`, { since: event.at, hold: change.hold });
    } else if (change.kind === 'resume') {
      const key = `${event.by.station} ${change.service}`;
      if (lifts(change, sights.get(key)?.hold)) sights.delete(key);
    }
  }
  return found;
}

/** The longest step of a run that was at work there since then: it is told of step by step, and judged again when it is over. */
function busyMs(past: Past, { name }: StationCast, service: string, since: number): number {
  const atWork = [...past.runs.values()].filter(
    ({ first, by, lastAt }) => first.service === service && by.station === name && lastAt >= since,
  );
  return Math.max(0, ...atWork.flatMap(({ plan }) => plan?.steps.map(({ limitMs }) => limitMs) ?? []));
}

function most(past: Past, { runner }: StationCast, name: string): number {
  const service = past.roll.service(name);
  const everyMs = runner?.way === 'cron' ? runner.everyMs + runner.latenessMs : (runner?.restartMs ?? 0);
  return Math.max(3 * (service?.pace.intervalMs ?? 0), 3 * everyMs, LEAST_MS);
}
