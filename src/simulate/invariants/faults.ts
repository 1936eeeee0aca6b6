/** What fate does to a station or a command, as far as it excuses a process: clocks, disks, liars, crashes, sleep. */
import type { Event } from '../events.ts';
import type { CommandName, Happening } from '../script.ts';
import { NEVER } from './told.ts';

/** A decision and the commit that follows from it lie this far apart, ms; on a slow disk each of some ten calls takes two seconds. */
const SLACK_MS = 1000;
const SLOW_SLACK_MS = 30_000;
/** For so long after a clock was set, spans of wall time say little, ms. */
const JUMP_COUNTS_MS = 3_600_000;
/** A process told to die or sleep at its so-many-th call does so within this, ms. */
const FATE_WAITS_MS = 30 * 60_000;
const RECOVERY_MS = 5 * 60_000;

export class Faults {
  readonly #jumpedAt = new Map<string, number>();
  /** Until when the disk is, or was, slow. */
  readonly #slowUntil = new Map<string, number>();
  readonly #disturbedUntil = new Map<string, number>();
  /** The same for a disk: its end is known only when it comes, and ends nothing else. */
  readonly #diskUntil = new Map<string, number>();
  /** Wall clock minus true time, as of the last commit, ms. */
  readonly #ahead = new Map<string, number>();
  readonly #liedUntil = new Map<string, number>();
  /** Until when an API does not answer as it should, by its name. */
  readonly #apiUntil = new Map<string, number>();

  take(event: Event): void {
    switch (event.kind) {
      case 'commit':
        this.#ahead.set(event.by.station, event.wall - event.at);
        break;
      case 'ended':
        if (event.how !== 'done') this.#disturb(event.by.station, event.at + RECOVERY_MS);
        break;
      case 'happening':
        this.#befall(event.happening, event.at, event.over);
        break;
      case 'calm':
        this.#heal(event.at);
        break;
    }
  }

  #befall(happening: Happening, at: number, over: boolean): void {
    const until = over ? at : Number.POSITIVE_INFINITY;
    switch (happening.kind) {
      case 'clock-jumps':
        this.#jumpedAt.set(happening.station, at);
        this.#disturb(happening.station, at + RECOVERY_MS);
        break;
      case 'disk':
        if (happening.how === 'slow') this.#slowUntil.set(happening.station, until);
        this.#diskUntil.set(happening.station, until + RECOVERY_MS);
        break;
      case 'crash':
        this.#disturb(happening.station, at + FATE_WAITS_MS);
        break;
      case 'sleep':
        this.#disturb(happening.station, at + happening.forMs + FATE_WAITS_MS);
        break;
      case 'api':
        this.#apiUntil.set(happening.api, until);
        break;
      case 'command':
        if (happening.how === 'lies')
          this.#liedUntil.set(`${happening.service} ${happening.site} ${happening.command}`, until);
        break;
    }
  }

  /** All faults end at once, and every clock is set right. */
  #heal(at: number): void {
    for (const [station, until] of this.#slowUntil) this.#slowUntil.set(station, Math.min(until, at));
    for (const [api, until] of this.#apiUntil) this.#apiUntil.set(api, Math.min(until, at));
    for (const [command, until] of this.#liedUntil) this.#liedUntil.set(command, Math.min(until, at));
    for (const station of this.#ahead.keys()) {
      this.#jumpedAt.set(station, at);
      this.#disturbedUntil.set(station, at + RECOVERY_MS);
      this.#diskUntil.delete(station);
    }
  }

  /** True when the station's wall clock was set within the last hour. */
  clockUnsure(station: string, at: number): boolean {
    return at - this.jumpedAt(station) < JUMP_COUNTS_MS;
  }

  jumpedAt(station: string): number {
    return this.#jumpedAt.get(station) ?? NEVER;
  }

  /** The station's wall clock at a true time, by what its last commit showed; null before the first. */
  wall(station: string, at: number): number | null {
    const ahead = this.#ahead.get(station);
    return ahead === undefined ? null : at + ahead;
  }

  /** How far a decision and its commit may lie apart there, ms. */
  slack(station: string, at: number): number {
    return (this.#slowUntil.get(station) ?? NEVER) > at - SLOW_SLACK_MS ? SLOW_SLACK_MS : SLACK_MS;
  }

  /** True when the station's processes cannot be expected to keep pace. */
  disturbed(station: string, at: number): boolean {
    return this.disturbedUntil(station) > at;
  }

  disturbedUntil(station: string): number {
    return Math.max(this.#disturbedUntil.get(station) ?? NEVER, this.#diskUntil.get(station) ?? NEVER);
  }

  /** Whether the API could not be asked, or not in time, shortly before. */
  apiFailed(api: string, at: number): boolean {
    return (this.#apiUntil.get(api) ?? NEVER) > at - RECOVERY_MS;
  }

  /** Whether this command of the site claimed success falsely at some time since then. */
  liedSince(service: string, site: string, command: CommandName, since: number): boolean {
    return (this.#liedUntil.get(`${service} ${site} ${command}`) ?? NEVER) >= since;
  }

  #disturb(station: string, until: number): void {
    this.#disturbedUntil.set(station, Math.max(until, this.#disturbedUntil.get(station) ?? NEVER));
  }
}
