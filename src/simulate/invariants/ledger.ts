/**
 * What each station's state must hold, reckoned from the changes that were committed, in order. A second opinion beside
 * the store: it is told what was written, never what a store makes of it.
 */
import type { Change, Hold, Incident, Quarantine } from '../../model/state.ts';
import type { Event } from '../events.ts';

export interface Account {
  active: string | null;
  /** Some reading of the zone was taken up. */
  published: boolean;
  maxEpoch: number;
  quarantined: readonly Quarantine[];
  hold: Hold | null;
  readonly openIncidents: Map<string, Incident>;
  /** Open runs by id. */
  readonly openRuns: Set<string>;
}

const OPEN: ReadonlySet<string> = new Set(['running', 'interrupted']);

export class Ledger {
  readonly #accounts = new Map<string, Account>();

  take(event: Event): void {
    if (event.kind !== 'commit') return;
    for (const change of event.changes) this.#apply(event.by.station, change);
  }

  of(station: string, service: string): Account {
    const key = `${station} ${service}`;
    let account = this.#accounts.get(key);
    if (account === undefined)
      this.#accounts.set(
        key,
        (account = {
          active: null,
          published: false,
          maxEpoch: 0,
          quarantined: [],
          hold: null,
          openIncidents: new Map(),
          openRuns: new Set(),
        }),
      );
    return account;
  }

  #apply(station: string, change: Change): void {
    switch (change.kind) {
      case 'service': {
        const account = this.of(station, change.service);
        const { active, maxEpoch, quarantined } = change.patch;
        if (active !== undefined) account.active = active;
        if (change.patch.published != null) account.published = true;
        if (maxEpoch !== undefined) account.maxEpoch = maxEpoch;
        if (quarantined !== undefined) account.quarantined = quarantined;
        break;
      }
      case 'hold':
        this.of(station, change.hold.service).hold = change.hold;
        break;
      case 'resume':
        this.of(station, change.service).hold = null;
        break;
      case 'incident': {
        const { openIncidents } = this.of(station, change.incident.service);
        if (change.incident.closedAt === null) openIncidents.set(change.incident.id, change.incident);
        else openIncidents.delete(change.incident.id);
        break;
      }
      case 'run': {
        const { openRuns } = this.of(station, change.run.service);
        if (OPEN.has(change.run.status)) openRuns.add(change.run.id);
        else openRuns.delete(change.run.id);
        break;
      }
    }
  }
}
