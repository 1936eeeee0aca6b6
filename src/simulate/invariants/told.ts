/**
 * What each process has been told, kept apart by process: a checker must not blame one for what only another could know.
 * Forgotten when the process ends.
 */
import type { EpochRecord } from '../../model/epoch.ts';
import type { ServiceState } from '../../model/state.ts';
import type { Event, EventOf } from '../events.ts';
import type { Roll } from './roll.ts';

/** An instant that never was. */
export const NEVER = Number.NEGATIVE_INFINITY;

export interface ToldZone {
  readonly at: number;
  readonly seq: number;
  readonly epoch: EpochRecord | null;
}
export interface ToldState {
  readonly at: number;
  readonly seq: number;
  readonly state: ServiceState;
}
/** When a process was last told each thing of a machine, true time. */
export interface ToldBox {
  off: number;
  /** Blocked in every family that it has. */
  locked: number;
  /** Neither. */
  open: number;
}

/** More than passes between two answers to a process that is awake and has something to do, ms. */
const ASLEEP_MS = 60_000;

/** Readings of the zone that are kept: answers may overtake each other. */
const ZONES_KEPT = 3;

type Zones = Map<string, readonly ToldZone[]>;

class Mind {
  readonly zones: Zones = new Map();
  readonly states = new Map<string, ToldState>();
  readonly boxes = new Map<string, ToldBox>();
  startedAt = NEVER;
  heardAt = NEVER;
  heardBefore = NEVER;
}

export class Told {
  readonly #roll: Roll;
  readonly #minds = new Map<string, Mind>();
  readonly #byStation: Zones = new Map();

  constructor(roll: Roll) {
    this.#roll = roll;
  }

  take(event: Event, seq: number): void {
    switch (event.kind) {
      case 'started':
        this.#mind(event.by.process).startedAt = event.at;
        break;
      case 'told-zone': {
        const { zones } = this.#hear(event);
        const told = { at: event.at, seq, epoch: event.view.epoch };
        const add = (known: Zones, key: string) =>
          known.set(key, [told, ...(known.get(key) ?? [])].slice(0, ZONES_KEPT));
        add(zones, event.service);
        add(this.#byStation, `${event.by.station} ${event.service}`);
        break;
      }
      case 'told-state':
        this.#hear(event).states.set(event.state.service, { at: event.at, seq, state: event.state });
        break;
      case 'told-host':
        this.#hearOfBox(event);
        break;
      case 'told-probe':
      case 'told-reference':
      case 'told-lag':
      case 'told-swap':
      case 'command':
      case 'commit':
        this.#hear(event);
        break;
      case 'ended':
        this.#minds.delete(event.by.process);
        break;
    }
  }

  /** Readings of the zone, the newest first; none: `[]`. */
  zones(process: string, service: string): readonly ToldZone[] {
    return this.#minds.get(process)?.zones.get(service) ?? [];
  }

  /** The same for all processes of a station: a reading that was stored outlives the one that was told it. */
  zonesAt(station: string, service: string): readonly ToldZone[] {
    return this.#byStation.get(`${station} ${service}`) ?? [];
  }

  state(process: string, service: string): ToldState | null {
    return this.#minds.get(process)?.states.get(service) ?? null;
  }

  box(process: string, box: string): ToldBox {
    return this.#minds.get(process)?.boxes.get(box) ?? { off: NEVER, locked: NEVER, open: NEVER };
  }

  startedAt(process: string): number {
    return this.#minds.get(process)?.startedAt ?? NEVER;
  }

  /** When it last heard anything at all before this instant; a sleeper hears nothing. */
  heardBefore(process: string, at: number): number {
    const mind = this.#minds.get(process);
    if (mind === undefined) return NEVER;
    return mind.heardAt < at ? mind.heardAt : mind.heardBefore;
  }

  /** Whether it woke just then, having heard nothing for so long: what has changed meanwhile it could not know. */
  hasSlept(process: string, at: number, forMs = ASLEEP_MS): boolean {
    const heardAt = this.heardBefore(process, at);
    return heardAt !== NEVER && heardAt < at - forMs;
  }

  #mind(process: string): Mind {
    let mind = this.#minds.get(process);
    if (mind === undefined) this.#minds.set(process, (mind = new Mind()));
    return mind;
  }

  #hear(event: Event & { readonly by: { readonly process: string } }): Mind {
    const mind = this.#mind(event.by.process);
    if (event.at > mind.heardAt) {
      mind.heardBefore = mind.heardAt;
      mind.heardAt = event.at;
    }
    return mind;
  }

  #hearOfBox(event: EventOf<'told-host'>): void {
    const { boxes } = this.#hear(event);
    const { reading, box, at } = event;
    const families = this.#roll.familiesOf(box);
    let told = boxes.get(box);
    if (told === undefined) boxes.set(box, (told = { off: NEVER, locked: NEVER, open: NEVER }));
    const off = reading.power === 'off';
    const locked = families.length > 0 && families.every(family => reading.blocked[family] === true);
    if (off) told.off = at;
    if (locked) told.locked = at;
    if (!off && !locked) told.open = at;
  }
}
