/**
 * What an omniscient bystander sees: everything that really happened in the simulated world, whoever did it, and everything
 * that a process was told or wrote down. The invariants are checked against these events alone, never against what
 * understudy believes.
 *
 * `at` is true time, ms since the beginning. A process's own clock may say something else.
 */
import type { EpochRecord } from '../model/epoch.ts';
import type { Family } from '../model/sample.ts';
import type { HostReading, RecordSet, ZoneView } from '../model/signal.ts';
import type { Change, Notice, ServiceState } from '../model/state.ts';
import type { CommandName, Happening } from './script.ts';
import type { Span } from './world/memory.ts';

/** Who acted: a process of ours at a station. */
export interface Actor {
  /** Unique for each start of a program. */
  readonly process: string;
  readonly station: string;
  /** What it is: `tick`, `run`, or the name of a person's command. */
  readonly program: string;
}

export type Event = { readonly at: number } &
  // --- what really changed in the world; `by: null`: not by us (fate, hoster, a person at the machine)
  /** A site now takes writes as the primary of its service: the last part of its promotion has run. `run`: from the command's environment. */
  (
    | {
        readonly kind: 'promoted';
        readonly service: string;
        readonly site: string;
        readonly by: Actor | null;
        readonly run: string | null;
        /** When the process had the command run: it may fall asleep before it does. Absent: at that moment. */
        readonly askedAt?: number;
      }
    /** A site takes no more writes, by its own doing (quiesced, or demoted by a person). */
    | {
        readonly kind: 'demoted';
        readonly service: string;
        readonly site: string;
        readonly by: Actor | null;
        readonly run: string | null;
      }
    | {
        readonly kind: 'caught-up';
        readonly service: string;
        readonly site: string;
        readonly by: Actor;
        readonly run: string | null;
      }
    /** A machine's power changed. */
    | {
        readonly kind: 'power';
        readonly box: string;
        readonly power: 'running' | 'off';
        readonly by: Actor | null;
      }
    /** A fence agent cut a site off, or let it go. */
    | {
        readonly kind: 'isolated';
        readonly service: string;
        readonly site: string;
        readonly isolated: boolean;
        readonly by: Actor | null;
        readonly run: string | null;
      }
    | { readonly kind: 'locked'; readonly box: string; readonly family: Family; readonly locked: boolean }
    /** The zone changed; `owner` is the run token of the epoch that was written with it. */
    | {
        readonly kind: 'zone';
        readonly service: string | null;
        readonly before: readonly RecordSet[];
        readonly after: readonly RecordSet[];
        readonly epochBefore: EpochRecord | null;
        readonly epochAfter: EpochRecord | null;
        readonly by: Actor | null;
        /** When the request that made this change reached the API: earlier than `at` for one that was done late. */
        readonly askedAt: number;
      }
    // --- what was asked for: a power-off that the hoster took up, whether or not it came true
    | {
        readonly kind: 'power-asked';
        readonly box: string;
        readonly power: 'running' | 'off';
        readonly by: Actor;
        /** As for the zone. */
        readonly askedAt: number;
      }
    /** A command starts at a site. */
    | {
        readonly kind: 'command';
        readonly service: string;
        readonly site: string;
        readonly command: CommandName;
        readonly part: string | null;
        readonly by: Actor;
        readonly run: string | null;
      }
    // --- what a process was told (delivered to it, not lost on the way)
    | { readonly kind: 'told-host'; readonly box: string; readonly reading: HostReading; readonly by: Actor }
    | { readonly kind: 'told-zone'; readonly service: string; readonly view: ZoneView; readonly by: Actor }
    | {
        readonly kind: 'told-probe';
        readonly service: string;
        readonly site: string;
        readonly probe: string;
        readonly family: Family;
        readonly ok: boolean;
        /** When the probe began. */
        readonly from: number;
        readonly by: Actor;
      }
    | { readonly kind: 'told-reference'; readonly family: Family; readonly ok: boolean; readonly by: Actor }
    /** Of one attempt to change the zone. `refused`: surely nothing was done · `doubt`: no whole answer. */
    | {
        readonly kind: 'told-swap';
        readonly service: string;
        /** The run token that was to be written. */
        readonly owner: string;
        readonly outcome: 'applied' | 'refused' | 'doubt';
        readonly by: Actor;
      }
    | { readonly kind: 'told-state'; readonly state: ServiceState; readonly by: Actor }
    | {
        readonly kind: 'told-lag';
        readonly service: string;
        readonly site: string;
        readonly lagMs: number;
        readonly by: Actor;
      }
    // --- what a process wrote down: a commit that is durable in the station's state. `wall`: the station's clock.
    | {
        readonly kind: 'commit';
        readonly changes: readonly Change[];
        readonly wall: number;
        readonly by: Actor;
      }
    // --- sinks
    | { readonly kind: 'delivered'; readonly sink: string; readonly notice: Notice; readonly by: Actor }
    // --- processes
    | { readonly kind: 'started'; readonly by: Actor }
    /** `problem`: what it said on its way (the line a person would read on stderr). */
    | { readonly kind: 'said'; readonly text: string; readonly by: Actor }
    | {
        readonly kind: 'ended';
        readonly how: 'done' | 'failed' | 'crashed';
        readonly error: string | null;
        readonly by: Actor;
      }
    // --- the script
    /** `scripted`: as it stands in the script, aimed at whatever is active; left out: just so. */
    | {
        readonly kind: 'happening';
        readonly happening: Happening;
        readonly scripted?: Happening;
        readonly over: boolean;
      }
    | { readonly kind: 'calm' }
  );

export type EventKind = Event['kind'];
export type EventOf<K extends EventKind> = Extract<Event, { readonly kind: K }>;

/** The truth at this instant, for checkers: how things really are, not how anybody believes them to be. */
export interface Truth {
  /** ms since the beginning. */
  readonly now: number;
  /** Takes writes as primary: promoted, its machine on and not hanging, not isolated, not quiesced. */
  takesWrites(service: string, site: string): boolean;
  /** Some family of it can be reached by the public (not locked, not cut); says nothing about writes. */
  isPublic(service: string, site: string): boolean;
  /** Answers the service's required probes in this family, seen from a station whose own network is up. */
  answers(service: string, site: string, family: Family): boolean;
  /** The same at an earlier instant. */
  answeredAt(service: string, site: string, family: Family, at: number): boolean;
  /** The longest while of the span in which no required probe of it passed in any family, ms. */
  outOfTouchMs(service: string, site: string, span: Span): number;
  /** Off, isolated, self-fenced, or locked by the hoster in every family it has. */
  isFenced(service: string, site: string): boolean;
  /** Age of the newest data there, ms; 0 for the site that takes writes. */
  lagMs(service: string, site: string): number;
  /** The epoch that the DNS provider holds now, propagated or not. */
  epoch(service: string): EpochRecord | null;
  /** Address and epoch sets that the provider holds for the service now. */
  records(service: string): readonly RecordSet[];
  /** Share of the public whose cached answer leads to this site now, 0…1; the rest is elsewhere or nowhere. */
  served(service: string, site: string): number;
  isOnline(station: string, family: Family): boolean;
  /** What the station's state holds of the service now. */
  state(station: string, service: string): Promise<ServiceState>;
}

/** One invariant's checker. Keeps what it needs of the past itself. */
export interface Checker {
  /** Number and sentence as in the design. */
  readonly invariant: number;
  readonly sentence: string;
  /** @returns what is violated, in one sentence with the particulars; null when all is well */
  see(event: Event, truth: Truth): string | null;
  /** Once more when the calm has ended. */
  end?(truth: Truth): string | null;
}

/** @returns whether the change of the zone says where the service is: not so the epoch that is only taken, or given back */
export function isMove({ epochBefore, epochAfter }: EventOf<'zone'>): boolean {
  if (epochAfter?.claim !== undefined) return false;
  const back = epochBefore?.claim !== undefined && epochBefore.owner === epochAfter?.owner;
  return !back || epochBefore.active !== epochAfter.active;
}
