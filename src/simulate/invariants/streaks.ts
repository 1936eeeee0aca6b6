/**
 * What the probes told each station, in true time, by the instant at which each began: the unbroken streak of failures, and
 * the last success. A failure from a time when the station was cut off itself says nothing once a reference has shown it
 * so; before that nobody could tell it from a true one, nor can who was not told: the process that was has died with it.
 */
import type { Family } from '../../model/sample.ts';
import type { Evidence } from '../../model/state.ts';
import type { Event, EventOf, Truth } from '../events.ts';
import { NEVER } from './told.ts';

export interface Failure {
  readonly from: number;
  readonly at: number;
  /** The station's own network was up in this family when it was told. */
  readonly online: boolean;
  /** Who was told by a reference that the station was cut off then, and when. */
  readonly blind: readonly Told[];
}

interface Told {
  readonly by: string;
  readonly at: number;
}

export interface Streak {
  failures: Failure[];
  /** The streak that the last success ended, when that was told, and to which process. */
  ended: { readonly failures: readonly Failure[]; readonly at: number; readonly by: string } | null;
  okFrom: number;
  okAt: number;
}

/** Failures kept of a streak: the first and the newest. */
const KEPT = 400;
/** More than the processes that look at the same time. */
const TOLD_KEPT = 12;
/** By how much a drifting clock may tell seconds wrongly, ms. */
const READING_MS = 100;

export class Streaks {
  readonly #streaks = new Map<string, Streak>();
  /** Who was told lately that a station is cut off in a family, and when, the newest last. */
  readonly #blind = new Map<string, readonly Told[]>();
  readonly #referenceAt = new Map<string, number>();
  /** Until when a process has written down what it saw, for each service: a reference's answer, too, is written with each. */
  readonly #savedAt = new Map<string, number>();

  take(event: Event, truth: Truth): void {
    if (event.kind === 'told-probe') this.#probe(event, truth);
    else if (event.kind === 'told-reference') this.#reference(event, truth);
    else if (event.kind === 'commit')
      for (const change of event.changes)
        if (change.kind === 'evidence') this.#saved(event, change.service, change.evidence);
  }

  of(station: string, service: string, site: string, probe: string, family: Family): Streak | null {
    return this.#streaks.get(`${station} ${family} ${service} ${site} ${probe}`) ?? null;
  }

  /** When a reference last answered the station in this family. */
  referenceAt(station: string, family: Family): number {
    return this.#referenceAt.get(`${station} ${family}`) ?? NEVER;
  }

  /** Those of the failures at a service that the process could not know, at that instant, to be from a time of blindness. */
  believed(
    failures: readonly Failure[],
    service: string,
    process: string,
    then = Number.POSITIVE_INFINITY,
  ): readonly Failure[] {
    return failures.filter(
      ({ blind }) =>
        !blind.some(({ by, at }) => at <= then && (by === process || this.isSaved(by, service, at))),
    );
  }

  /** Whether what the process was told then can be known to others. */
  isSaved(process: string, service: string, at: number): boolean {
    return (this.#savedAt.get(`${process} ${service}`) ?? NEVER) > at - READING_MS;
  }

  /** On a slow disk what is written was gathered seconds before: the newest of it tells. */
  #saved({ by, at, wall }: EventOf<'commit'>, service: string, { samples, references }: Evidence): void {
    const key = `${by.process} ${service}`;
    const ends = [...samples, ...references].map(one => one.at + one.tookMs - (wall - at));
    this.#savedAt.set(key, Math.max(this.#savedAt.get(key) ?? NEVER, ...ends));
  }

  #probe({ by, service, site, probe, family, ok, from, at }: EventOf<'told-probe'>, truth: Truth): void {
    const key = `${by.station} ${family} ${service} ${site} ${probe}`;
    let streak = this.#streaks.get(key);
    if (streak === undefined)
      this.#streaks.set(key, (streak = { failures: [], ended: null, okFrom: NEVER, okAt: NEVER }));
    if (ok) {
      if (from < streak.okFrom) return;
      streak.okFrom = from;
      streak.okAt = at;
      if (streak.failures.length === 0) return;
      streak.ended = { failures: streak.failures, at, by: by.process };
      streak.failures = streak.failures.filter(failure => failure.from > from);
      return;
    }
    const online = truth.isOnline(by.station, family);
    const told = online ? [] : (this.#blind.get(`${by.station} ${family}`) ?? []);
    const failure = { from, at, online, blind: told.filter(one => one.at >= from) };
    if (from < streak.okFrom) {
      // The success was told to another process: this one has not heard of it, and counts on.
      if (streak.ended !== null && streak.ended.by !== by.process)
        streak.ended = { ...streak.ended, failures: [...streak.ended.failures, failure] };
      return;
    }
    // Answers overtake each other: a refusal is back at once, a hang after its time.
    streak.failures.push(failure);
    streak.failures.sort((a, b) => a.from - b.from);
    if (streak.failures.length > KEPT) streak.failures.splice(KEPT / 2, 1);
  }

  #reference({ by, family, ok, at }: EventOf<'told-reference'>, truth: Truth): void {
    const key = `${by.station} ${family}`;
    if (ok) {
      this.#referenceAt.set(key, at);
      return;
    }
    if (truth.isOnline(by.station, family)) return;
    const told = { by: by.process, at };
    const others = (this.#blind.get(key) ?? []).filter(one => one.by !== by.process);
    this.#blind.set(key, [...others, told].slice(-TOLD_KEPT));
    for (const [name, streak] of this.#streaks)
      if (name.startsWith(`${key} `)) streak.failures = streak.failures.map(failure => known(failure, told));
  }
}

function known(failure: Failure, told: Told): Failure {
  return failure.online || failure.blind.some(({ by }) => by === told.by)
    ? failure
    : { ...failure, blind: [...failure.blind, told] };
}
