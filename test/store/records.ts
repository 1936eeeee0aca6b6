/** One plain record of each kind, for tests of stores: whole by the types, and easy to vary. */
import type { Plan } from '../../src/model/plan.ts';
import type { Sample } from '../../src/model/sample.ts';
import type {
  AuditEntry,
  Decision,
  Evidence,
  Hold,
  Incident,
  JournalEntry,
  Notice,
  Run,
} from '../../src/model/state.ts';
import type { Verdict } from '../../src/model/verdict.ts';

export const NO_EVIDENCE: Evidence = { samples: [], references: [], hosts: [], zones: [], freshness: [] };

export function sample(change: Partial<Sample> = {}): Sample {
  return {
    service: 'chat',
    site: 'home',
    probe: 'http',
    family: 'v4',
    vantage: 'local',
    at: 10,
    tookMs: 1.5,
    ok: true,
    ...change,
  };
}

/** Samples at `at`, `at + 1`, `at + 2`, and one of everything else at `at + 2`. */
export function evidence(at: number): Evidence {
  const facts = { status: 500, banner: 'x', ok: true };
  return {
    samples: [
      sample({ at }),
      sample({ at: at + 1, ok: false, failure: 'refused', detail: 'connection refused' }),
      sample({ at: at + 2, facts }),
    ],
    references: [{ reference: '192.0.2.1:53', family: 'v4', at: at + 2, tookMs: 2, ok: true }],
    hosts: [
      {
        service: 'chat',
        site: 'home',
        at: at + 2,
        power: 'running',
        blocked: { v4: true, v6: null },
      },
    ],
    zones: [{ service: 'chat', at: at + 2, view: { epochSet: null, epoch: null, records: [] } }],
    freshness: [{ service: 'chat', site: 'away', at: at + 2, lagMs: 400 }],
  };
}

export function incident(change: Partial<Incident> = {}): Incident {
  return {
    id: 'i-1',
    service: 'chat',
    site: 'home',
    class: 'UNREACHABLE',
    openedAt: 1,
    closedAt: null,
    told: [],
    ...change,
  };
}

export function plan(change: Partial<Plan> = {}): Plan {
  return {
    id: 'p-1',
    hash: 'ab',
    basis: 'cd',
    service: 'chat',
    kind: 'failover',
    from: 'home',
    to: 'away',
    baseEpoch: 4,
    steps: [{ kind: 'announce', limitMs: 1000 }],
    overrides: [],
    origin: { by: 'judge' },
    because: { class: 'UNREACHABLE', rule: 40, at: 1 },
    createdAt: 1,
    expiresAt: 1000,
    ...change,
  };
}

export function run(change: Partial<Run> = {}): Run {
  const { status = 'running' } = change;
  return {
    id: 'r-1',
    plan: 'p-1',
    service: 'chat',
    kind: 'failover',
    to: 'away',
    automatic: true,
    token: 'r-1',
    status,
    startedAt: 1,
    endedAt: status === 'running' || status === 'interrupted' ? null : 2,
    flipped: false,
    note: null,
    ...change,
  };
}

export function intent(change: Partial<Pick<JournalEntry, 'run' | 'step' | 'at'>> = {}): JournalEntry {
  return { run: 'r-1', step: 0, kind: 'fence', at: 1, event: 'intent', ...change };
}

export function hold(change: Partial<Hold> = {}): Hold {
  return { service: 'chat', owner: 'ada', reason: 'moving the rack', since: 1, until: 100, ...change };
}

export function notice(change: Partial<Notice> = {}): Notice {
  return {
    id: 'n-1',
    at: 1,
    service: 'chat',
    kind: 'verdict',
    incident: null,
    text: 'chat: home is unreachable',
    data: { rule: 40 },
    ...change,
  };
}

export function auditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: 1,
    operator: 'ada',
    action: 'failover',
    service: 'chat',
    reason: 'the rack is on fire',
    overrides: [],
    detail: '',
    ...change,
  };
}

export function decision(change: Partial<Decision> = {}): Decision {
  const at = change.at ?? 60;
  const verdict: Verdict = {
    service: 'chat',
    site: 'home',
    class: 'HEALTHY',
    rule: 900,
    sentence: 'all is well',
    at,
  };
  const facts: Decision['facts'] = {
    control: 'ok',
    observer: 'online',
    essential: 'ok',
    other: 'none',
    withdrawn: 'none',
    lock: 'none',
    warnings: 'none',
  };
  return {
    service: 'chat',
    at,
    verdict,
    facts,
    observation: {
      service: 'chat',
      site: 'home',
      at,
      families: [],
      host: null,
      hostAgeMs: null,
      warnings: [],
      facts,
    },
    standing: { code: 'nothing-to-do', detail: 'all is well' },
    plan: null,
    gate: [],
    ...change,
  };
}
