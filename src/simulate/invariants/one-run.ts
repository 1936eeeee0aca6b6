/**
 * 6 One run at a time; no second automatic run inside the block window, counted from completion.
 *
 * In a station's state at most one run of a service is open after any commit. Deeds of two runs of a service, wherever they
 * run, or of two processes for one run, do not interleave (A, B, A): once B has acted, A is over. Forgiven is a change of
 * the zone that lands after its run had ended (the API did it later), and a deed of a process that has heard nothing since
 * B acted (it slept within the call). To give one's own claim back is no deed: nothing but the claim that is in force can be.
 *
 * An automatic run begins no earlier than the block window after the last run that changed DNS *ended*, unless a person's
 * ack was committed since. By the station's wall clock, to the millisecond; and by true time, with room for drift and for
 * the commit itself. When the clock was set in between, one of the two is enough.
 */
import type { Checker, EventOf } from '../events.ts';
import { type Effect, effectInWords } from './effects.ts';
import { isFinal, type Past, type PastRun } from './past.ts';
import { NEVER } from './told.ts';

interface Turns {
  readonly token: string;
  readonly process: string;
  /** When its first deed was done. */
  readonly at: number;
  readonly before: ReadonlySet<string>;
}

interface Books {
  readonly open: Map<string, Set<string>>;
  readonly turns: Map<string, Turns>;
  readonly lastFlip: Map<string, PastRun>;
  readonly acked: Map<string, number>;
  /** Who has written the journal of a run, by its id, the present one last, and when that one did so last. */
  readonly writers: Map<string, { readonly all: readonly string[]; at: number }>;
  /** Processes that have ended. */
  readonly gone: Set<string>;
}

export function createOneRun(past: Past): Checker {
  const books: Books = {
    open: new Map(),
    turns: new Map(),
    lastFlip: new Map(),
    acked: new Map(),
    writers: new Map(),
    gone: new Set(),
  };
  return {
    invariant: 6,
    sentence: 'One run at a time; no second automatic run inside the block window, counted from completion.',
    see(event) {
      if (event.kind === 'ended') books.gone.add(event.by.process);
      // A zone that was restored to the claim of a run gives it the turn back.
      if (event.kind === 'zone' && event.by === null && event.epochAfter?.claim !== undefined)
        books.turns.delete(event.service ?? '');
      if (event.kind === 'commit') return commit(past, books, event);
      return past.effect === null ? null : interleaved(past, books, past.effect);
    },
  };
}

function commit(past: Past, books: Books, event: EventOf<'commit'>): string | null {
  const { station, program } = event.by;
  let found: string | null = null;
  for (const run of past.begun) if (run.first.automatic) found ??= tooEarly(past, books, run);
  for (const change of event.changes) {
    if (change.kind === 'service' && change.patch.ackedRun != null && program === 'ack')
      books.acked.set(`${station} ${change.service}`, event.at);
    if (change.kind === 'journal') found ??= inTurns(past, books, change.entry.run, event);
    if (change.kind !== 'run') continue;
    if (change.run.status === 'interrupted') books.writers.delete(change.run.id);
    const key = `${station} ${change.run.service}`;
    const open = books.open.get(key) ?? new Set();
    books.open.set(key, open);
    if (isFinal(change.run)) open.delete(change.run.id);
    else open.add(change.run.id);
    if (open.size > 1)
      found ??= `runs ${[...open].join(' and ')} of ${change.run.service} are open at once at ${station}`;
    const known = past.runs.get(change.run.id);
    const last = books.lastFlip.get(key);
    if (known !== undefined && isFinal(change.run) && change.run.flipped && (last?.at ?? NEVER) <= known.at)
      books.lastFlip.set(key, known);
  }
  return found;
}

/**
 * A run is carried on by one process at a time: who has been followed by another writes no more of it, until that one has let
 * it go or died. A clock that was set may have ended its lease in the middle of its work.
 */
function inTurns(past: Past, { writers, gone }: Books, run: string, event: EventOf<'commit'>): string | null {
  const { process, station } = event.by;
  const before = writers.get(run) ?? { all: [], at: NEVER };
  const last = before.all.at(-1);
  if (last === process) {
    before.at = event.at;
    return null;
  }
  const free = last === undefined || gone.has(last) || past.faults.jumpedAt(station) >= before.at;
  writers.set(run, { all: free ? [process] : [...before.all, process], at: event.at });
  return !free && before.all.includes(process)
    ? `${process} goes on with run ${run}, which ${last} had taken over`
    : null;
}

function interleaved(past: Past, { turns: all, gone }: Books, effect: Effect): string | null {
  const { by, service, run, at, askedAt } = effect;
  const id = run?.first.id ?? effect.token;
  // Who gives a claim back held it until then, and takes nothing from anybody.
  if (id === null || effect.what === 'give-back') return null;
  // Two processes that act for one run at once are two runs at once.
  const token = `${id} by ${by.process}`;
  // Asked for before another run's turn, or its own run's end.
  if (run?.endedAt != null && run.endedAt >= askedAt && askedAt < at) return null;
  const turn = all.get(service);
  if (turn?.token === token) return null;
  // Who has ended is followed by whoever takes its run up, be it one that was at it before.
  const isFree = turn?.token.startsWith(`${id} by `) === true && gone.has(turn.process);
  if (turn?.before.has(token) === true && !isFree)
    return askedAt < turn.at || past.told.heardBefore(by.process, at) <= turn.at
      ? null
      : `${effectInWords(effect)}: run ${turn.token} has acted since this one had`;
  all.set(service, {
    token,
    process: by.process,
    at,
    before: new Set([...(turn?.before ?? []), ...(turn ? [turn.token] : [])]),
  });
  return null;
}

function tooEarly(past: Past, { lastFlip, acked }: Books, { first, by, at }: PastRun): string | null {
  const key = `${by.station} ${first.service}`;
  const last = lastFlip.get(key);
  const window = past.roll.service(first.service)?.blockWindowMs ?? 0;
  if (last === undefined || last.endedAt === null || last.run.endedAt === null) return null;
  if ((acked.get(key) ?? NEVER) >= last.endedAt) return null;
  const wallMs = first.startedAt - last.run.endedAt;
  const trueMs = at - last.endedAt;
  const jumped = past.faults.jumpedAt(by.station) >= last.endedAt;
  const sure = !past.faults.disturbed(by.station, at);
  const byWall = wallMs >= window;
  const byTruth = trueMs >= window * 0.98 - past.faults.slack(by.station, at);
  const fine = jumped ? byWall || byTruth : byWall && (byTruth || !sure);
  return fine
    ? null
    : `automatic run ${first.id} of ${first.service} began ${Math.round(wallMs / 1000)} s (true: ${Math.round(trueMs / 1000)} s) after run ${last.first.id} ended, the block window is ${window / 1000} s`;
}
