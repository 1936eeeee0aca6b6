/** Events and a truth made by hand, so that expectations and accounts can be tested without a simulator. */
import type { EpochRecord } from '../../../src/model/epoch.ts';
import type { RecordSet } from '../../../src/model/signal.ts';
import type { Change, Decision, Notice, Run } from '../../../src/model/state.ts';
import type { VerdictClass } from '../../../src/model/verdict.ts';
import type { Actor, Event, Truth } from '../../../src/simulate/events.ts';

export const DESK: Actor = { process: 'p1', station: 'desk', program: 'run' };
const MIN = 60_000;

/** Mutable, so that a test can let the world move. */
export class World {
  active = 'home';
  epochNumber = 0;
  share = 1;
  writes = 'home';

  get truth(): Truth {
    const address = () => (this.active === 'home' ? '203.0.113.1' : '203.0.113.2');
    const epoch = (): EpochRecord | null =>
      this.epochNumber === 0 ? null : { epoch: this.epochNumber, active: this.active, owner: 't' };
    const sets = (): readonly RecordSet[] => [
      { name: 'mail.example.org', type: 'A', ttlS: 60, values: [address()] },
    ];
    return {
      now: 0,
      takesWrites: (_service, site) => site === this.writes,
      isPublic: () => true,
      answers: () => true,
      answeredAt: () => true,
      outOfTouchMs: () => 0,
      isFenced: () => false,
      lagMs: () => 0,
      epoch,
      records: sets,
      served: (_service, site) => (site === this.active ? this.share : 0),
      isOnline: () => true,
      state: () => Promise.reject(new Error('not asked')),
    };
  }
}

export function commit(minute: number, ...changes: readonly Change[]): Event {
  return { kind: 'commit', at: minute * MIN, wall: minute * MIN, by: DESK, changes };
}

export function decision(name: VerdictClass, more: Partial<Decision> = {}): Change {
  const verdict = { service: 'mail', site: 'home', class: name, rule: 1, sentence: 's', at: 0 };
  const observation = {
    service: 'mail',
    site: 'home',
    at: 0,
    families: [],
    host: null,
    hostAgeMs: null,
    warnings: [],
  };
  const facts: Decision['facts'] = {
    control: 'ok',
    observer: 'online',
    essential: 'ok',
    other: 'ok',
    withdrawn: 'none',
    lock: 'none',
    warnings: 'none',
  };
  const base = { service: 'mail', at: 0, verdict, facts, observation: { ...observation, facts } };
  return { kind: 'decision', decision: { ...base, standing: null, plan: null, gate: [], ...more } };
}

export function run(status: Run['status'], note: string | null = null): Change {
  const ended = status === 'running' ? null : 1;
  return {
    kind: 'run',
    run: {
      id: 'r-1',
      plan: 'p-1',
      service: 'mail',
      kind: 'failover',
      to: 'away',
      automatic: true,
      token: 'r-1',
      status,
      startedAt: 0,
      endedAt: ended,
      flipped: status === 'done',
      note,
    },
  };
}

export function notice(id: string, text: string): Notice {
  return { id, at: 0, service: 'mail', kind: 'verdict', incident: null, text, data: {} };
}

export function delivered(minute: number, id: string, text: string, sink = 'irc'): Event {
  return { kind: 'delivered', at: minute * MIN, sink, notice: notice(id, text), by: DESK };
}

export function promoted(minute: number, site: string, by: Actor | null = DESK): Event {
  return { kind: 'promoted', at: minute * MIN, service: 'mail', site, by, run: 'r-1' };
}
