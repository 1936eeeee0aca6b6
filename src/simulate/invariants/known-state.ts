/**
 * 9 A crash, veto or API error at any instant ends in a known state … (that running again converges: converges.ts)
 *
 * A run that has ended stays ended as and when it did, and what has flipped stays flipped. `flipped` is written only when
 * the zone has held the run's token with more than its claim. `active` is set only to a site that the zone has named at
 * some time since the process last read it (one of its last three readings, since answers overtake each other; before its
 * first, and in the moment of it, those of the station's earlier processes, which are kept), or to home before any; a zone without an epoch of ours
 * names none, and is not judged. A move is done only when its target was seen to answer after the flip. No process ends
 * with an error that only a mistake in the program makes.
 */
import type { Change, Run } from '../../model/state.ts';
import { type Checker, type EventOf, type Truth, isMove } from '../events.ts';
import { isFinal, type Past } from './past.ts';

/** Which site the epoch named, from then on. */
interface Named {
  readonly active: string | null;
  readonly at: number;
}

const MISTAKES =
  /^(TypeError|RangeError|ReferenceError|SyntaxError|internal\b)|is not a function|is not iterable|reading '|of undefined|of null|Cannot read/;

export function createKnownState(past: Past): Checker {
  const runs = new Map<string, Run>();
  const tokens = new Set<string>();
  const named = new Map<string, Named[]>();
  return {
    invariant: 9,
    sentence: 'A crash, veto or API error at any instant ends in a known state, and running again converges.',
    see(event, truth) {
      switch (event.kind) {
        case 'zone':
          if (event.epochAfter !== null && isMove(event)) tokens.add(event.epochAfter.owner);
          if (event.service !== null) {
            const since = named.get(event.service) ?? [{ active: event.epochBefore?.active ?? null, at: 0 }];
            named.set(event.service, [...since, { active: event.epochAfter?.active ?? null, at: event.at }]);
          }
          return null;
        case 'ended':
          return event.error !== null && MISTAKES.test(event.error)
            ? `${event.by.process} (${event.by.program}) ended with a mistake of the program: ${event.error}`
            : null;
        case 'commit':
          for (const change of event.changes) {
            const found =
              change.kind === 'run'
                ? (altered(runs, tokens, change.run) ?? unproven(past, change.run, event, truth))
                : change.kind === 'service'
                  ? misplaced(past, named, event, change)
                  : null;
            if (found !== null) return found;
          }
          return null;
        default:
          return null;
      }
    },
  };
}

function altered(runs: Map<string, Run>, tokens: ReadonlySet<string>, run: Run): string | null {
  const before = runs.get(run.id);
  runs.set(run.id, run);
  const what = `run ${run.id} of ${run.service}`;
  if (before !== undefined && isFinal(before) && before.status !== run.status)
    return `${what} had ended as ${before.status} and was made ${run.status}`;
  if (before !== undefined && isFinal(before) && before.endedAt !== run.endedAt)
    return `${what} had ended and was ended once more`;
  if (before?.flipped === true && !run.flipped) return `${what} had flipped and is said not to have`;
  if (run.flipped && !tokens.has(run.token))
    return `${what} is said to have flipped, and the zone never held its token`;
  return null;
}

/** A move that is done was proved from outside: its target answered at some instant since that began. */
function unproven(past: Past, run: Run, { at, by }: EventOf<'commit'>, truth: Truth): string | null {
  const began = past.firstIntent(run.id, 'verify');
  const kind = past.runs.get(run.id)?.plan?.kind;
  if (run.status !== 'done' || began === null || (kind !== 'failover' && kind !== 'switchover')) return null;
  const essential = past.roll.service(run.service)?.essential ?? [];
  // The moment before too: where nothing takes time, all of it is one instant.
  const spanMs = at - began.at;
  const instants = [began.at - 1, ...Array.from({ length: 9 }, (_, step) => began.at + (spanMs * step) / 8)];
  const dark = essential.find(family =>
    instants.every(instant => !truth.answeredAt(run.service, run.to, family, instant)),
  );
  return dark === undefined
    ? null
    : `${by.process} ended run ${run.id} of ${run.service} as done, and ${run.to} has not answered in ${dark} since it was to be verified`;
}

function misplaced(
  past: Past,
  named: ReadonlyMap<string, readonly Named[]>,
  event: EventOf<'commit'>,
  { service, patch }: Extract<Change, { kind: 'service' }>,
): string | null {
  const { active } = patch;
  if (active == null) return null;
  const own = past.told.zones(event.by.process, service);
  // An answer that comes in this very moment is one that the verdict has not waited for.
  const early = own.some(({ at }) => at < event.at - 6 * past.roll.cast.latencyMs);
  const told = early ? own : past.told.zonesAt(event.by.station, service);
  const oldest = told.at(-1);
  const what = `${event.by.process} set ${active} active for ${service}`;
  if (oldest === undefined) {
    const home = past.roll.service(service)?.sites[0]?.name;
    return active === home ? null : `${what} without having read the zone`;
  }
  if (told.some(zone => zone.epoch === null || zone.epoch.active === active)) return null;
  const since = (named.get(service) ?? []).filter(
    (_, index, all) => (all[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= oldest.at,
  );
  return since.some(one => one.active === active)
    ? null
    : `${what}, which the zone did not name at any time since it was read`;
}
