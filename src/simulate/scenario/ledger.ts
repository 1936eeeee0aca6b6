/**
 * What a bystander has noted down of a scenario so far: the newest decision on each service, holds, quarantine, and lists
 * of what was done, ended and told. Made of events alone; the expectations are read from it.
 */
import type { StandingCode, StepKind } from '../../model/plan.ts';
import type { Change, Decision, RunStatus } from '../../model/state.ts';
import { type Event, type EventOf, isMove } from '../events.ts';
import type { Cast } from '../script.ts';

interface At {
  readonly at: number;
  readonly service: string;
}
export interface RunEnd extends At {
  readonly status: RunStatus;
  readonly note: string | null;
}
export interface StepEnd extends At {
  readonly step: StepKind;
  readonly outcome: 'done' | 'failed';
}
export interface Told extends At {
  readonly sink: string;
  readonly id: string;
  readonly text: string;
}
/** Something that we did to the world. `services`: all that it touches; machines may be shared. */
export interface Deed {
  readonly at: number;
  readonly what: 'promoted' | 'demoted' | 'caught up' | 'power' | 'isolated' | 'zone';
  readonly services: readonly string[];
  readonly site: string | null;
}
/** The service's last decision, and where it was made. */
export interface Judged extends At {
  readonly station: string;
  readonly decision: Decision;
}

export class Ledger {
  readonly runEnds: RunEnd[] = [];
  readonly steps: StepEnd[] = [];
  readonly proposals: At[] = [];
  readonly told: Told[] = [];
  readonly deeds: Deed[] = [];
  readonly judged: Judged[] = [];
  /** Decisions in which the gate refused, and rows that did. */
  readonly refusals: (At & { readonly rows: readonly string[] })[] = [];
  readonly #newest = new Map<string, Judged>();
  readonly #quarantined = new Map<string, readonly string[]>();
  readonly #held = new Map<string, { readonly owner: string; readonly until: number | null }>();
  readonly #wall = new Map<string, number>();
  readonly #boxes = new Map<string, readonly string[]>();
  readonly #runServices = new Map<string, string>();

  constructor(cast: Cast) {
    for (const service of cast.settings.services)
      for (const { server } of service.sites)
        if (server !== null) this.#boxes.set(server, [...(this.#boxes.get(server) ?? []), service.name]);
  }

  see(event: Event): void {
    switch (event.kind) {
      case 'commit':
        this.#wall.set(event.by.station, event.wall);
        for (const change of event.changes) this.#commit(change, event);
        return;
      case 'delivered': {
        const { sink, notice } = event;
        this.told.push({ at: event.at, service: notice.service, sink, id: notice.id, text: notice.text });
        return;
      }
      case 'promoted':
      case 'demoted':
      case 'isolated':
        if (event.by !== null) this.#did(event, event.kind, [event.service], event.site);
        return;
      case 'caught-up':
        this.#did(event, 'caught up', [event.service], event.site);
        return;
      case 'power':
        if (event.by !== null) this.#did(event, 'power', this.#boxes.get(event.box) ?? [], null);
        return;
      case 'power-asked':
        this.#did(event, 'power', this.#boxes.get(event.box) ?? [], null);
        return;
      case 'zone':
        if (event.by !== null && isMove(event))
          this.#did(event, 'zone', event.service === null ? [] : [event.service], null);
    }
  }

  /** @param station null: whoever judged last */
  newest(service: string, station: string | null): Judged | null {
    return this.#newest.get(station === null ? service : `${service}/${station}`) ?? null;
  }

  standing(service: string): StandingCode | null {
    return this.newest(service, null)?.decision.standing?.code ?? null;
  }

  quarantined(service: string): readonly string[] {
    return this.#quarantined.get(service) ?? [];
  }

  /** @returns whose hold is in force by the clock of the station that was told of it, null when there is none */
  heldBy(service: string): string | null {
    const hold = this.#held.get(service);
    if (hold === undefined) return null;
    const wall = Math.max(0, ...this.#wall.values());
    return hold.until === null || hold.until > wall ? hold.owner : null;
  }

  #did({ at }: Event, what: Deed['what'], services: readonly string[], site: string | null): void {
    this.deeds.push({ at, what, services, site });
  }

  #commit(change: Change, { at, by }: EventOf<'commit'>): void {
    switch (change.kind) {
      case 'decision': {
        const { decision } = change;
        const judged = { at, service: decision.service, station: by.station, decision };
        this.judged.push(judged);
        this.#newest.set(decision.service, judged);
        this.#newest.set(`${decision.service}/${by.station}`, judged);
        const rows = decision.gate.filter(row => !row.ok).map(row => row.code);
        if (rows.length > 0) this.refusals.push({ at, service: decision.service, rows });
        return;
      }
      case 'service':
        if (change.patch.quarantined !== undefined)
          this.#quarantined.set(
            change.service,
            change.patch.quarantined.map(entry => entry.site),
          );
        return;
      case 'plan':
        if (change.status === 'proposed') this.proposals.push({ at, service: change.plan.service });
        return;
      case 'run': {
        const { run } = change;
        this.#runServices.set(run.id, run.service);
        if (run.endedAt !== null || run.status === 'interrupted')
          this.runEnds.push({ at, service: run.service, status: run.status, note: run.note });
        return;
      }
      case 'journal': {
        const { entry } = change;
        const service = this.#runServices.get(entry.run) ?? '';
        if (entry.event === 'receipt') this.steps.push({ at, service, step: entry.kind, outcome: 'done' });
        if (entry.event === 'error') this.steps.push({ at, service, step: entry.kind, outcome: 'failed' });
        return;
      }
      case 'hold':
        this.#held.set(change.hold.service, { owner: change.hold.owner, until: change.hold.until });
        return;
      case 'resume':
        this.#held.delete(change.service);
    }
  }
}
