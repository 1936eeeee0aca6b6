/**
 * 1 At most one site is active and unfenced at any time a plan of ours brought about.
 *
 * Looked at when a deed of ours lets a site take writes, or leads people to it: a promotion, a move of the zone, a machine
 * powered on, a fence taken away. Then no other site of the service may take writes unfenced. Two writers that fate alone
 * makes (a machine that somebody powers on later) are not ours.
 *
 * An old primary that fate has let go after it was left is no active site either. A second writer is forgiven where no program
 * could have known better: the process was told in this run that the site is fenced and it has come free only just now; its
 * lease was waited out; its fence check or its quiesce command lied; a person skipped the fence, by name and audited. And it is
 * no *active* site if DNS does not name it and only a promotion of ours made it a writer that was never followed by a flip, or by
 * one that fate undid: the design tries the next standby when one fails its check. That no two runs promote at once, wherever
 * they run, is looked at by itself: each needs its claim in the zone (old-epoch.ts), and their deeds do not interleave (one-run.ts).
 */
import { type Actor, type Checker, type Event, type EventOf, type Truth, isMove } from '../events.ts';
import {
  cameFreeJustNow,
  isAudited,
  isFencedByCommand,
  isLiedTo,
  isToldFenced,
  isWaitedOut,
  sleptWithin,
} from './excuses.ts';
import type { Past, PastRun } from './past.ts';
import { NEVER } from './told.ts';

interface Books {
  /** When it became one. */
  readonly madeAt: Map<string, number>;
  /** The run that last made a site a writer; null: fate, or the beginning. */
  readonly madeBy: Map<string, string | null>;
  /** Run tokens that fate took out of the zone. */
  readonly undone: Set<string>;
  /** Run tokens whose flip the zone has held: of a run that was given up for lost, too, when DNS did late what it was asked to. */
  readonly landed: Set<string>;
}

/** Longer than a question to a hoster may take, ms. */
const WAKING_MS = 20_000;

export function createOneWriter(past: Past): Checker {
  const books: Books = { madeBy: new Map(), madeAt: new Map(), undone: new Set(), landed: new Set() };
  return {
    invariant: 1,
    sentence: 'At most one site is active and unfenced at any time a plan of ours brought about.',
    see(event, truth) {
      switch (event.kind) {
        case 'promoted': {
          const found = event.by === null ? null : promotedBeside(past, books, event, truth);
          books.madeAt.set(`${event.service} ${event.site}`, event.at);
          books.madeBy.set(`${event.service} ${event.site}`, event.by === null ? null : event.run);
          return found;
        }
        case 'zone': {
          const found = movedBeside(past, books, event, truth);
          if (isMove(event)) books.landed.add(event.epochAfter?.owner ?? '');
          // Back to the claim of the very run is no flip any more either.
          if (event.by === null && event.epochBefore?.epoch !== event.epochAfter?.epoch)
            books.undone.add(event.epochBefore?.owner ?? '');
          return found;
        }
        case 'power':
          return event.by === null || event.power === 'off' ? null : writersOn(past, event, truth);
        case 'isolated':
          return event.by === null || event.isolated ? null : twoWriters(past, event.service, event, truth);
        default:
          return null;
      }
    },
  };
}

function promotedBeside(
  past: Past,
  books: Books,
  { service, site, by, run, at, askedAt = at }: EventOf<'promoted'>,
  truth: Truth,
): string | null {
  const begun = run === null ? null : past.runOf(run);
  const deed = { by, at, askedAt, run: begun, service, site, racesFrom: Infinity };
  const name = otherWriter(past, books, deed, truth);
  return name === null
    ? null
    : `${by?.process ?? '?'} promoted ${site} of ${service} for run ${run ?? 'none'} while ${name} takes writes and is not fenced`;
}

/** The fence is asked for once more right before the flip: between the promotion and that the old site may have come free. */
function movedBeside(past: Past, books: Books, event: EventOf<'zone'>, truth: Truth): string | null {
  const { service, by, at, askedAt, epochAfter } = event;
  if (service === null || by === null || epochAfter === null || !isMove(event)) return null;
  // What an API does long after it was asked for is judged by what was known then.
  if (at - askedAt > 2 * past.roll.cast.latencyMs) return null;
  const run = past.runOf(epochAfter.owner);
  if (run?.plan == null || run.plan.from === run.plan.to) return null;
  const site = epochAfter.active;
  // What a concurrent look was told since the fence was asked for comes too late for the change that is under way.
  const racesFrom = askedAt - past.faults.slack(by.station, at) - 6 * past.roll.cast.latencyMs;
  const name = otherWriter(past, books, { by, at, askedAt, run, service, site, racesFrom }, truth);
  return name === null
    ? null
    : `${by.process} moved ${service} to ${site} for run ${run.first.id} while ${name} takes writes and is not fenced`;
}

interface Deed {
  readonly by: Actor | null;
  readonly at: number;
  readonly askedAt: number;
  readonly run: PastRun | null;
  readonly service: string;
  /** Which takes writes by it, or is led to. */
  readonly site: string;
  /** Whatever came free from then on came free too late to be seen. */
  readonly racesFrom: number;
}

/** @returns another site of the service that takes writes, and that the deed is to be blamed for */
function otherWriter(past: Past, books: Books, deed: Deed, truth: Truth): string | null {
  const { by, at } = deed;
  const service = past.roll.service(deed.service);
  if (service === null || service.stateless) return null;
  for (const { name } of service.sites) {
    if (name === deed.site || !writes(truth, service.name, name)) continue;
    if (past.fences.freedAt(service.name, name) >= deed.racesFrom) continue;
    if (isLeftOver(past, books, service.name, name, truth)) continue;
    // It slept within the very call: nothing could have told it.
    const madeAt = books.madeAt.get(`${service.name} ${name}`) ?? NEVER;
    if (by !== null && past.told.heardBefore(by.process, at) < madeAt) continue;
    if (isForgiven(past, books, deed, name, truth)) continue;
    return name;
  }
  return null;
}

function writes(truth: Truth, service: string, site: string): boolean {
  return truth.takesWrites(service, site) && !truth.isFenced(service, site);
}

function isLeftOver(
  past: Past,
  { madeBy, undone }: Books,
  service: string,
  site: string,
  truth: Truth,
): boolean {
  const maker = madeBy.get(`${service} ${site}`) ?? null;
  const run = maker === null ? null : past.runOf(maker);
  if (run === null) return false;
  if (truth.epoch(service)?.active === site) return false;
  return undone.has(run.run.token) || (!run.run.flipped && truth.served(service, site) === 0);
}

function isForgiven(
  past: Past,
  books: Books,
  { by, run, askedAt }: Deed,
  site: string,
  truth: Truth,
): boolean {
  if (by === null || run === null) return false;
  const { process } = by;
  const asked = { process, run, askedAt };
  const { service } = run.first;
  if (run.plan === null || run.plan.from !== site) return hasReturned(past, books, service, site, truth);
  const config = past.roll.site(service, site);
  if (config === null || config.fence.method === 'none') return true;
  if (isAudited(past, run, 'skip-fence') || isWaitedOut(past, run, truth)) return true;
  if (isFencedByCommand(past, asked, truth) || isLiedTo(past, process, run, site)) return true;
  if (sleptWithin(past, asked, truth)) return true;
  // Told that it is fenced, and not told otherwise since it came free.
  const told = past.told.box(process, config.server ?? '');
  // Who woke up in this very instant has asked before it slept; what a concurrent look is told now comes too late.
  const woke = past.told.hasSlept(process, truth.now, WAKING_MS);
  const knew = !woke && told.open > Math.max(past.fences.freedAt(service, site), told.off, told.locked);
  return isToldFenced(past, process, run, site) && !knew && cameFreeJustNow(past, asked, site, truth);
}

/**
 * A site that a move of ours has left, and that fate let go since (its lock was lifted, somebody powered it on, what it had given
 * up by itself it took again, a person promoted it by hand, its quiesce command had lied), or that a person chose not to fence: it is in quarantine and DNS does
 * not name it; that it writes to itself is no plan's doing.
 */
function hasReturned(
  past: Past,
  { landed, madeBy, madeAt }: Books,
  service: string,
  site: string,
  truth: Truth,
): boolean {
  const key = `${service} ${site}`;
  const byHandAt = madeBy.get(key) === null ? (madeAt.get(key) ?? NEVER) : NEVER;
  const left = [...past.runs.values()].some(
    earlier =>
      earlier.run.service === service &&
      (earlier.run.flipped || landed.has(earlier.run.token)) &&
      (earlier.plan?.kind === 'failover' ||
        (earlier.plan?.kind === 'switchover' &&
          (byHandAt >= earlier.at || past.faults.liedSince(service, site, 'quiesce', earlier.at)))) &&
      earlier.plan.from === site &&
      (earlier.plan.kind === 'switchover' ||
        byHandAt >= earlier.at ||
        past.fences.freedAt(service, site) >= earlier.at ||
        earlier.plan.steps.some(step => step.kind === 'fence' && step.method === 'wait') ||
        isAudited(past, earlier, 'skip-fence')),
  );
  // Caches may lead some there until their TTL is over: nothing of ours can take that back.
  return left && truth.epoch(service)?.active !== site;
}

function writersOn(past: Past, event: EventOf<'power'>, truth: Truth): string | null {
  for (const { service } of past.roll.onBox(event.box)) {
    const found = twoWriters(past, service.name, event, truth);
    if (found !== null) return found;
  }
  return null;
}

function twoWriters(past: Past, name: string, event: Event, truth: Truth): string | null {
  const service = past.roll.service(name);
  if (service === null || service.stateless) return null;
  const writers = service.sites.map(site => site.name).filter(site => writes(truth, name, site));
  return writers.length < 2
    ? null
    : `a ${event.kind} of ours left ${writers.join(' and ')} of ${name} both taking writes, not fenced`;
}
