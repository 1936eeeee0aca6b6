/**
 * What a simulation is told: who and what there is (the cast) and what befalls them (the happenings). Plain data, so that
 * a generator can draw it from a seed, a scenario file can spell it out, a story can be shrunk by leaving happenings
 * away, and all three are run by the same code.
 *
 * Instants are ms since the beginning. A happening with `forMs` ends by itself; all that are still on end with the calm.
 */
import type { Override, StepKind } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Settings } from '../model/service.ts';

/** A machine at a hoster; `id` is the server id, addresses are those of its sites. */
export interface BoxCast {
  readonly id: string;
  /** Name in `settings.providers`. */
  readonly hoster: string;
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
}

/** Where understudy runs: one clock, one disk with one state, one network. Two stations are two installations. */
export interface StationCast {
  readonly name: string;
  /** cron: `tick` every so often, started anew, late by up to `latenessMs` · daemon: `run`, started again after a crash. */
  readonly runner:
    | { readonly way: 'cron'; readonly everyMs: number; readonly latenessMs: number }
    | { readonly way: 'daemon'; readonly restartMs: number }
    | null;
  /** Its wall clock at the beginning, ahead of the true time, ms. */
  readonly offsetMs: number;
}

export interface Cast {
  readonly settings: Settings;
  readonly boxes: readonly BoxCast[];
  readonly stations: readonly StationCast[];
  /** A DNS provider that cannot tie a change to the epoch: nothing may be moved automatically then. */
  readonly unguardedDns?: boolean;
  /** Until a change is at every name server, ms. */
  readonly propagationMs: number;
  /** How long a command that changes something at a site takes, ms. */
  readonly commandMs: number;
  /** How long a hoster takes to power a machine off or on, ms. */
  readonly powerMs: number;
  /** Age of the data on a standby whose link is up, ms. */
  readonly replicationMs: number;
  /** How long an answered question takes; 0 for most seeds: it says little and costs an event each. */
  readonly latencyMs: number;
}

/** What an API does instead of answering. */
export const API_FAULTS = {
  refuses: 'the connection is refused: nothing was sent',
  throttles: 'too many requests: nothing was done',
  busy: 'an earlier action or change is still under way: nothing was done',
  fails: 'HTTP 500 before the work',
  'times-out': 'the request is swallowed: nothing was done, no answer comes',
  late: 'the work is done, the answer comes after every deadline',
  'loses-reply': 'the work is done, then the connection is cut',
  'does-later': 'the connection is cut, and the work is done some time later all the same',
  garbage: 'a page of HTML with status 200',
  lies: 'it says that it was done, and nothing was',
} as const;
export type ApiFault = keyof typeof API_FAULTS;

/** How a command at a site goes wrong. */
export const COMMAND_FAULTS = {
  fails: 'ends with status 1, nothing done',
  hangs: 'does not end within its limit, nothing done',
  unreachable: 'cannot be started: no connection',
  'cut-off': 'does its work, and the connection is lost before its status comes',
  lies: 'ends with status 0, nothing done',
} as const;
export type CommandFault = keyof typeof COMMAND_FAULTS;

/** Which command of a site. */
export const COMMANDS = [
  'snapshot',
  'quiesce',
  'catch-up',
  'fence',
  'fence-check',
  'promote',
  'promote-check',
  'freshness',
] as const;
export type CommandName = (typeof COMMANDS)[number];

export const DISK_FAULTS = {
  full: 'every write is refused for want of space',
  fails: 'every read and write fails',
  slow: 'every read and write takes two seconds',
} as const;
export type DiskFault = keyof typeof DISK_FAULTS;

export const SINK_FAULTS = {
  refuses: 'no notice is taken',
  hangs: 'no answer comes',
  'loses-reply': 'the notice is taken, and the answer lost',
} as const;
export type SinkFault = keyof typeof SINK_FAULTS;

type For = { readonly forMs?: number };
type AtSite = { readonly service: string; readonly site: string };
type InFamilies = { readonly families: readonly Family[] };
/** Where a person sits, what they are called, and what they give as their reason. */
type Person = { readonly station: string; readonly operator: string; readonly reason?: string };

/**
 * In the middle of something: so many ms after the next suspicion was written down, a decision to act, one that found a run of
 * another process still open, a run that has begun, or a step of that kind that is about to.
 */
export interface Armed {
  readonly on: 'suspicion' | 'decision' | 'open-run' | 'run' | StepKind;
  readonly afterMs: number;
  /** At the station whose run that is, whatever `station` says. */
  readonly here?: true;
}

/** Whichever site of the service is active when it comes, or the first that is not: it takes the place of `site` or `box`. */
export interface Aim {
  readonly service: string;
  readonly role: 'active' | 'standby';
}

/** @property armed from `at` on it waits for that */
export type Happening = { readonly at: number; readonly armed?: Armed; readonly aim?: Aim } &
  // services, machines, hosters, networks
  (
    | ({ readonly kind: 'site-fails'; readonly how: 'refused' | 'hang' | 'status' } & AtSite & For)
    /** In all families when none is named. */
    | ({
        readonly kind: 'probe-fails';
        readonly probe: string;
        readonly how: 'refused' | 'hang';
        readonly families?: readonly Family[];
      } & AtSite &
        For)
    | ({ readonly kind: 'certificate-ends'; readonly inMs: number } & AtSite & For)
    | ({ readonly kind: 'link-lost' } & AtSite & For)
    | ({ readonly kind: 'command'; readonly command: CommandName; readonly how: CommandFault } & AtSite & For)
    | ({ readonly kind: 'box-hangs'; readonly box: string } & For)
    | ({ readonly kind: 'box-off'; readonly box: string } & For)
    | { readonly kind: 'box-on'; readonly box: string }
    | ({ readonly kind: 'lock'; readonly box: string } & InFamilies & For)
    | ({ readonly kind: 'cut'; readonly box: string } & InFamilies & For)
    // APIs; `api`: a hoster's name in the settings, or `dns`
    /**
     * `writesOnly`: reads are answered well, which is what makes a lost reply a riddle. `laterMs`: how much later is what
     * `does-later` does; left out: a minute.
     */
    | ({
        readonly kind: 'api';
        readonly api: string;
        readonly how: ApiFault;
        readonly writesOnly?: boolean;
        readonly laterMs?: number;
      } & For)
    | { readonly kind: 'rollback'; readonly toAgoMs: number }
    | { readonly kind: 'foreign-record'; readonly service: string; readonly value: string }
    | { readonly kind: 'foreign-epoch'; readonly service: string; readonly text: string }
    /** A run of an installation that is not in the cast takes the epoch, and nothing more is heard of it. */
    | { readonly kind: 'foreign-claim'; readonly service: string; readonly busyMs: number }
    // where understudy runs
    | ({ readonly kind: 'blind'; readonly station: string } & InFamilies & For)
    | { readonly kind: 'clock-jumps'; readonly station: string; readonly byMs: number }
    | ({ readonly kind: 'clock-drifts'; readonly station: string; readonly ppm: number } & For)
    | ({ readonly kind: 'disk'; readonly station: string; readonly how: DiskFault } & For)
    | {
        readonly kind: 'crash';
        readonly station: string;
        /** The process that runs then dies at its so-many-th call to the outside from then, before or after it took effect. */
        readonly calls: number;
        readonly when: 'before' | 'after';
      }
    | { readonly kind: 'sleep'; readonly station: string; readonly calls: number; readonly forMs: number }
    | ({ readonly kind: 'sink'; readonly sink: string; readonly how: SinkFault } & For)
    // people
    | ({ readonly kind: 'hold'; readonly service: string; readonly forMs?: number } & Person)
    | ({ readonly kind: 'resume'; readonly service: string } & Person)
    | ({ readonly kind: 'ack'; readonly service: string } & Person)
    | ({ readonly kind: 'accept-epoch'; readonly service: string } & Person)
    | ({ readonly kind: 'clear' } & AtSite & Person)
    | ({
        readonly kind: 'order';
        readonly service: string;
        readonly move: 'failover' | 'switchover';
        readonly to: string | null;
        readonly overrides: readonly Override[];
      } & Person)
    | ({
        readonly kind: 'approve';
        readonly service: string;
        readonly overrides: readonly Override[];
      } & Person)
    /** Somebody sane tidies up everywhere: old primaries are brought home and cleared, holds lifted, waiting plans approved. */
    | { readonly kind: 'look-in' }
    /** Somebody edits the stored plan that waits for approval: the gate must see it. `row` of the gate that it breaks. */
    | { readonly kind: 'tamper'; readonly station: string; readonly service: string; readonly row: string }
    /** The config is changed: the next process of the station reads it. */
    | {
        readonly kind: 'config';
        readonly station: string;
        readonly service: string;
        readonly change: 'ttl' | 'record';
      }
  );

export type HappeningKind = Happening['kind'];

export interface Script {
  /** Everything else random (latencies, jitter, ids) comes from it. */
  readonly seed: number;
  readonly cast: Cast;
  readonly happenings: readonly Happening[];
  /** When it begins, ms after 2026-03-01 00:00 UTC, below zero for the evening before; left out: just then. */
  readonly startsAtMs?: number;
  /** Length of the phase in which things happen, ms; the calm follows. */
  readonly lengthMs: number;
}
