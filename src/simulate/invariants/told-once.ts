/**
 * 10 An error of a dependency (store, DNS API, hoster API, sink) changes nothing and is told once.
 *
 * A problem with one code is told once an incident by a station; without an incident not twice in a row, unless the
 * verdict turned in between. What becomes of runs and their steps is not told over and over either. Each sink gets every
 * notice that was committed for it, in the order of the commits: none is skipped and sent later, none that was never
 * written down. Again the same: directly, or by another process than the one that sent it (two may deliver at once, and one
 * of them may have slept), or by who tried again when in doubt and slept within the call. When the calm ends, all is
 * delivered but what was written in the last moments. (That a commit that failed has left nothing is the store's own suite's business.)
 */
import type { Notice } from '../../model/state.ts';
import type { Checker, EventOf, Truth } from '../events.ts';
import type { Past } from './past.ts';

interface Queue {
  readonly ids: string[];
  readonly committedAt: number[];
  readonly places: Map<string, number>;
  readonly sentBy: Map<string, string>;
  next: number;
}

/** Who told of a problem first, and when. */
interface Teller {
  readonly process: string;
  readonly at: number;
}

const MOMENT_MS = 5 * 60_000;
/**
 * The same of a run or a step, whichever it is, is told no more often than this in an hour: retries pause for ever longer, but
 * not after another installation has taken the epoch or a process has died.
 */
const SAME_MOST = 14;
const HOUR_MS = 3_600_000;

export function createToldOnce(past: Past): Checker {
  const told = new Map<string, Teller>();
  const lastCode = new Map<string, string>();
  const queues = new Map<string, Queue>();
  const lately = new Map<string, readonly number[]>();
  return {
    invariant: 10,
    sentence: 'An error of a dependency (store, DNS API, hoster API, sink) changes nothing and is told once.',
    see(event) {
      if (event.kind === 'delivered') return outOfOrder(past, queues, event);
      if (event.kind !== 'commit') return null;
      let found: string | null = null;
      for (const change of event.changes) {
        if (change.kind !== 'notice') continue;
        // Who slept within the very commit could not know what others had told meanwhile.
        const slept = past.told.hasSlept(event.by.process, event.at);
        const repeated = again(past, told, lastCode, event, change.notice);
        found ??= (slept ? null : repeated) ?? overAndOver(lately, event, change.notice);
        for (const sink of new Set(change.sinks)) enqueue(queues, event, sink, change.notice.id);
      }
      return found;
    },
    end: truth => undelivered(past, queues, truth),
  };
}

function again(
  past: Past,
  told: Map<string, Teller>,
  lastCode: Map<string, string>,
  { at, by: { station, process } }: EventOf<'commit'>,
  notice: Notice,
): string | null {
  const about = `${station} ${notice.service}`;
  if (notice.kind === 'verdict') lastCode.delete(about);
  if (notice.kind !== 'problem') return null;
  const code = String(notice.data.code);
  const what = `${station} told of the problem ${code} of ${notice.service}`;
  if (notice.incident === null) {
    const before = lastCode.get(about);
    lastCode.set(about, code);
    return before === code ? `${what} twice in a row, without an incident` : null;
  }
  const key = `${about} ${notice.incident} ${code}`;
  const before = told.get(key);
  told.set(key, before ?? { process, at });
  if (before === undefined) return null;
  // Two that decide at once on a slow disk do not see each other's.
  if (before.process !== process && at - before.at <= past.faults.slack(station, at)) return null;
  return `${what} twice in incident ${notice.incident}`;
}

function overAndOver(
  lately: Map<string, readonly number[]>,
  { at, by }: EventOf<'commit'>,
  { kind, service, text }: Notice,
): string | null {
  if (kind !== 'run' && kind !== 'step') return null;
  const same = text.replace(/\b[a-z]-\d+\b/g, '').replace(/\d+/g, '');
  const key = `${by.station} ${service} ${same}`;
  const times = [...(lately.get(key) ?? []).filter(time => time > at - HOUR_MS), at];
  lately.set(key, times);
  return times.length <= SAME_MOST ? null : `${by.station} told ${times.length} times in an hour: ${text}`;
}

function enqueue(queues: Map<string, Queue>, event: EventOf<'commit'>, sink: string, id: string): void {
  const key = `${event.by.station} ${sink}`;
  let queue = queues.get(key);
  if (queue === undefined)
    queues.set(key, (queue = { ids: [], committedAt: [], places: new Map(), sentBy: new Map(), next: 0 }));
  if (queue.places.has(id)) return;
  queue.places.set(id, queue.ids.length);
  queue.ids.push(id);
  queue.committedAt.push(event.at);
}

function outOfOrder(
  past: Past,
  queues: ReadonlyMap<string, Queue>,
  { by, sink, notice, at }: EventOf<'delivered'>,
): string | null {
  const queue = queues.get(`${by.station} ${sink}`);
  const place = queue?.places.get(notice.id);
  const what = `${by.process} sent ${notice.id} to ${sink}`;
  if (queue === undefined || place === undefined) return `${what}, which was never committed for it`;
  if (place > queue.next) return `${what} before ${queue.ids[queue.next] ?? '?'}, which was committed first`;
  const sender = queue.sentBy.get(notice.id);
  if (place === queue.next) queue.next += 1;
  else if (place < queue.next - 1 && sender === by.process && !past.told.hasSlept(by.process, at))
    return `${what} again after ${queue.ids[queue.next - 1] ?? '?'}`;
  queue.sentBy.set(notice.id, sender ?? by.process);
  return null;
}

function undelivered(past: Past, queues: ReadonlyMap<string, Queue>, truth: Truth): string | null {
  for (const { name, runner } of past.roll.cast.stations) {
    if (runner === null) continue;
    const periodMs = runner.way === 'cron' ? 3 * (runner.everyMs + runner.latenessMs) : runner.restartMs;
    for (const { name: sink } of past.roll.cast.settings.sinks) {
      const queue = queues.get(`${name} ${sink}`);
      const at = queue?.committedAt[queue.next];
      if (queue !== undefined && at !== undefined && truth.now - at > Math.max(MOMENT_MS, periodMs))
        return `after the calm ${name} has not sent ${queue.ids[queue.next] ?? '?'} to ${sink}, nor ${queue.ids.length - queue.next - 1} after it`;
    }
  }
  return null;
}
