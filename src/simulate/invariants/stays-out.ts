/**
 * 11 A returned old primary stays out until a person clears it.
 *
 * A site that a failover of ours has left is no target of a promotion or a move of the zone by the same station, until
 * that station's person has cleared it; and nothing but that clearing takes it out of quarantine. Whoever takes up the new
 * active site keeps the old one out in the same commit. Another station must keep it out too, once it was told of just that
 * epoch, higher than all before, while a reading that it had taken up named the site active, and it took up no other in
 * between; what it missed it cannot know.
 * A restore or withdrawal at a site that fate has made active again (a rolled-back zone) moves nothing. A flip that fate
 * undid, or another station by moving back, before its own station knew of it has left nobody out.
 */
import type { Change } from '../../model/state.ts';
import { type Checker, type EventOf, isMove } from '../events.ts';
import type { Past } from './past.ts';

interface Left {
  readonly site: string;
  /** The run that has left it. */
  readonly token: string;
  /** With this epoch. */
  readonly epoch: number;
  /** By another station: this one was only told of it. */
  readonly heard: boolean;
}

export function createStaysOut(past: Past): Checker {
  /** By station and service. */
  const left = new Map<string, readonly Left[]>();
  const failovers = new Map<string, string>();
  /** The highest epoch that a station was told of, by station and service. */
  const highest = new Map<string, number>();
  const put = (key: string, one: Left) =>
    left.set(key, [...(left.get(key) ?? []).filter(({ site }) => site !== one.site), one]);
  return {
    invariant: 11,
    sentence: 'A returned old primary stays out until a person clears it.',
    see(event) {
      switch (event.kind) {
        case 'promoted':
          // Who slept within the very command: nothing could have told it.
          return event.by === null || past.told.hasSlept(event.by.process, event.at)
            ? null
            : letIn(left, `${event.by.station} ${event.service}`, event.site, event.by.process, 'promoted');
        case 'zone':
          return zone(past, left, failovers, put, event);
        case 'told-zone': {
          const owner = event.view.epoch?.owner ?? '';
          const from = failovers.get(`${event.service} ${owner}`);
          const key = `${event.by.station} ${event.service}`;
          // An epoch that was told before comes back with a roll-back: no move.
          const epoch = event.view.epoch?.epoch ?? 0;
          if (epoch <= (highest.get(key) ?? -1)) return null;
          highest.set(key, epoch);
          // Before it has taken up a reading, its active site is only where the config begins.
          if (!past.ledger.of(event.by.station, event.service).published) return null;
          if (from !== undefined && past.ledger.of(event.by.station, event.service).active === from)
            if (past.runOf(owner)?.by.station !== event.by.station)
              put(key, { site: from, token: owner, epoch, heard: true });
          return null;
        }
        case 'commit':
          return cleared(past, left, event) ?? letGo(past, left, event);
        default:
          return null;
      }
    },
  };
}

function letIn(
  left: ReadonlyMap<string, readonly Left[]>,
  key: string,
  site: string,
  process: string,
  how: string,
): string | null {
  const one = left.get(key)?.find(entry => entry.site === site);
  return one === undefined
    ? null
    : `${process} ${how} ${site} (${key}), which run ${one.token} had failed over from and no person has cleared`;
}

function zone(
  past: Past,
  left: Map<string, readonly Left[]>,
  failovers: Map<string, string>,
  put: (key: string, one: Left) => void,
  event: EventOf<'zone'>,
): string | null {
  const { service, by, epochAfter } = event;
  if (service === null) return null;
  if (by === null) {
    forgetUnknown(past, left, service, () => true);
    return null;
  }
  const plan = past.runOf(epochAfter?.owner ?? '')?.plan ?? null;
  if (plan === null || epochAfter === null || plan.from === plan.to || !isMove(event)) return null;
  const key = `${by.station} ${service}`;
  forgetUnknown(past, left, service, (other, { site }) => other !== key && site === epochAfter.active);
  const found = letIn(left, key, epochAfter.active, by.process, 'moved the zone to');
  if (plan.kind === 'failover') {
    put(key, { site: plan.from, token: epochAfter.owner, epoch: epochAfter.epoch, heard: false });
    failovers.set(`${service} ${epochAfter.owner}`, plan.from);
  }
  return found;
}

/** Of what it concerns: all that its own station has not taken up has left nobody out. */
function forgetUnknown(
  past: Past,
  left: Map<string, readonly Left[]>,
  service: string,
  concerns: (key: string, one: Left) => boolean,
): void {
  for (const [key, entries] of left) {
    const [station = '', of] = key.split(' ');
    if (of !== service) continue;
    left.set(
      key,
      entries.filter(one => !concerns(key, one) || isTakenUp(past, one, station, service)),
    );
  }
}

/** Whether the station knew of the move, as its own or by what it wrote down. */
function isTakenUp(past: Past, { token, epoch }: Left, station: string, service: string): boolean {
  const run = past.runOf(token);
  return run?.by.station === station ? run.run.flipped : past.ledger.of(station, service).maxEpoch >= epoch;
}

/** What the commit takes out of quarantine must be what its audit says a person has cleared. */
function cleared(past: Past, left: Map<string, readonly Left[]>, event: EventOf<'commit'>): string | null {
  const words = (change: Change) =>
    change.kind === 'audit' && change.entry.action === 'clear' ? [change.entry.detail] : [];
  for (const change of event.changes) {
    if (change.kind !== 'service' || change.patch.quarantined === undefined) continue;
    const { quarantined } = change.patch;
    const key = `${event.by.station} ${change.service}`;
    const out = (left.get(key) ?? []).filter(({ site }) => !quarantined.some(one => one.site === site));
    for (const { site, token } of out) {
      const byPerson =
        event.by.program === 'clear' &&
        event.changes.flatMap(words).some(detail => detail.startsWith(`${site},`));
      if (byPerson)
        left.set(
          key,
          (left.get(key) ?? []).filter(one => one.site !== site),
        );
      else if (past.runOf(token)?.by.station === event.by.station && past.runOf(token)?.run.flipped === true)
        return `${event.by.process} (${event.by.program}) took ${site} of ${change.service} out of quarantine, and no person had cleared it`;
    }
  }
  return null;
}

/** Whoever takes up the new active site keeps out the one that was left for it, in one and the same commit. */
function letGo(past: Past, left: Map<string, readonly Left[]>, event: EventOf<'commit'>): string | null {
  for (const change of event.changes) {
    if (change.kind !== 'service' || change.patch.active == null) continue;
    const { active } = change.patch;
    const { quarantined } = past.ledger.of(event.by.station, change.service);
    const key = `${event.by.station} ${change.service}`;
    const known = left.get(key) ?? [];
    const loose = known.filter(({ site }) => !quarantined.some(one => one.site === site));
    const leadsHere = ({ token }: Left) => past.runOf(token)?.plan?.to === active;
    const missed = loose.filter(one => one.heard && !leadsHere(one));
    if (missed.length > 0)
      left.set(
        key,
        known.filter(one => !missed.includes(one)),
      );
    const out = loose.find(one => one.site !== active && leadsHere(one));
    if (out !== undefined)
      return `${event.by.process} made ${active} active for ${change.service}, and ${out.site}, which run ${out.token} had left, is not kept out`;
  }
  return null;
}
