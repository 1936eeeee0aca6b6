/**
 * One night, written down: web was locked at home, was moved to away, and then DNS was rolled back by nobody, a hold
 * was set, a sink died. Everything at fixed instants, so that its prints can be held by golden files.
 */
import { judge } from '../../src/judge/judge.ts';
import type { Facts, FamilyObservation, Observation, ProbeObservation } from '../../src/model/observation.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Change, Decision, Hold, Incident, JournalEntry, Run } from '../../src/model/state.ts';
import { planHash } from '../../src/plan/hash.ts';

/** 2026-11-23 02:35:10Z, when it is looked at. */
export const NOW = Date.UTC(2026, 10, 23, 2, 35, 10);
export const MINUTE = 60_000;

export const WELL: Facts = {
  control: 'ok',
  observer: 'online',
  essential: 'ok',
  other: 'ok',
  withdrawn: 'none',
  lock: 'none',
  warnings: 'none',
};

export const LOCKED: Facts = { ...WELL, essential: 'failing', lock: 'essential' };

function probe(change: Partial<ProbeObservation> = {}): ProbeObservation {
  return {
    probe: 'http',
    required: true,
    state: 'ok',
    fresh: 12,
    consecutiveFailures: 0,
    failingForMs: 0,
    lastOkAt: NOW - 12_000,
    lastAt: NOW - 12_000,
    lastFailure: null,
    lastDetail: null,
    ...change,
  };
}

function family(change: Partial<FamilyObservation> = {}): FamilyObservation {
  return {
    family: 'v4',
    essential: true,
    published: true,
    state: 'ok',
    observer: 'online',
    blocked: false,
    okForMs: 3_600_000,
    probes: [probe()],
    ...change,
  };
}

export const DETAIL =
  'connect EHOSTUNREACH 203.0.113.10:80 \u001b[31mby a hop that answers for the hoster\u001b[0m';

export function lockedObservation(at: number): Observation {
  return {
    service: 'web',
    site: 'home',
    at,
    families: [
      family({
        state: 'failing',
        blocked: true,
        okForMs: 0,
        probes: [
          probe({
            state: 'failing',
            consecutiveFailures: 2,
            failingForMs: 2_400,
            lastOkAt: at - 72_000,
            lastAt: at - 1_000,
            lastFailure: 'unreachable',
            lastDetail: DETAIL,
          }),
        ],
      }),
      family({ family: 'v6', essential: false }),
    ],
    host: {
      service: 'web',
      site: 'home',
      at: at - 800,
      power: 'running',
      blocked: { v4: true, v6: false },
    },
    hostAgeMs: 800,
    warnings: ['home: the certificate ends in 9 days'],
    facts: LOCKED,
  };
}

/** A hold is in force and the window is open: two rows refuse. */
export function refusedDecision(at: number): Decision {
  const observation = lockedObservation(at);
  return {
    service: 'web',
    at,
    verdict: judge(observation),
    facts: LOCKED,
    observation,
    standing: {
      code: 'refused-by-gate',
      detail:
        'no person holds the service (found held by ada: moving the rack, asked none); no automatic run ended inside the block window (found r-1 ended 12 min ago, asked 1 h)',
    },
    plan: 'p-2',
    gate: [
      {
        number: 10,
        code: 'mode',
        sentence: 'nothing is written until the config says mode: act',
        ok: true,
        value: 'act',
        threshold: 'act',
      },
      {
        number: 14,
        code: 'hold',
        sentence: 'no person holds the service',
        ok: false,
        value: 'held by ada: moving the rack to the other room, which takes until the morning',
        threshold: 'none',
      },
      {
        number: 22,
        code: 'block-window',
        sentence: 'no automatic run ended inside the block window',
        ok: false,
        value: 'r-1 ended 12 min ago',
        threshold: '1 h',
      },
      {
        number: 62,
        code: 'target-health',
        sentence: 'the target’s own probes passed just now',
        ok: true,
        value: 'v4 passing',
        threshold: 'passing',
      },
    ],
  };
}

export function wellDecision(at: number, service = 'web'): Decision {
  const observation: Observation = {
    ...lockedObservation(at),
    service,
    families: [family({ probes: [probe({ lastAt: at - 500, lastOkAt: at - 500 })] })],
    warnings: [],
    facts: WELL,
  };
  return {
    service,
    at,
    verdict: judge(observation),
    facts: WELL,
    observation,
    standing: { code: 'nothing-to-do', detail: 'HEALTHY calls for nothing' },
    plan: null,
    gate: [],
  };
}

export const HOLD: Hold = {
  service: 'web',
  owner: 'ada',
  reason: 'moving the rack',
  since: NOW - 40 * MINUTE,
  until: NOW + 80 * MINUTE,
};

export const INCIDENT: Incident = {
  id: 'i-1',
  service: 'web',
  site: 'home',
  class: 'PROVIDER_LOCK',
  openedAt: NOW - 14 * MINUTE,
  closedAt: null,
  told: [],
};

const DRAFT: Omit<Plan, 'hash'> = {
  id: 'p-1',
  service: 'web',
  kind: 'failover',
  from: 'home',
  to: 'away',
  basis: 'cd',
  baseEpoch: 4,
  steps: [
    {
      kind: 'fence',
      site: 'home',
      method: 'provider-lock',
      provider: 'hetzner',
      server: '4711',
      families: ['v4'],
      run: null,
      check: null,
      waitMs: 0,
      limitMs: 60_000,
    },
    {
      kind: 'promote',
      site: 'away',
      shell: { kind: 'local' },
      parts: [{ name: 'web', run: { argv: ['systemctl', 'start', 'nginx'], limitMs: 30_000 }, check: null }],
      limitMs: 120_000,
    },
    {
      kind: 'flip',
      limitMs: 30_000,
      change: {
        epochName: '_understudy-web.example.org',
        ttlS: 60,
        expectEpoch: {
          name: '_understudy-web.example.org',
          type: 'TXT',
          ttlS: 60,
          values: ['"v=1 epoch=4 active=home owner=r-0"'],
        },
        nextEpoch: { epoch: 5, active: 'away' },
        upserts: [{ name: 'www.example.org', type: 'A', ttlS: 60, values: ['198.51.100.7'] }],
        deletes: [],
      },
    },
  ],
  overrides: [],
  origin: { by: 'judge' },
  because: { class: 'PROVIDER_LOCK', rule: 30, at: NOW - 13 * MINUTE },
  createdAt: NOW - 13 * MINUTE,
  expiresAt: NOW + 17 * MINUTE,
};

export const PLAN: Plan = { ...DRAFT, hash: planHash(DRAFT) };
export const WAITING: Plan = { ...PLAN, id: 'p-2' };

/** Not told anywhere: it is what makes a write to DNS ours. */
export const TOKEN = 'token-of-run-1';

export const RUN: Run = {
  id: 'r-1',
  plan: 'p-1',
  service: 'web',
  kind: 'failover',
  to: 'away',
  automatic: true,
  token: TOKEN,
  status: 'unverified',
  startedAt: NOW - 13 * MINUTE,
  endedAt: NOW - 12 * MINUTE,
  flipped: true,
  note: 'DNS was changed, but the proof from outside is missing: 192.0.2.53:53: no authoritative answer for www.example.org (REFUSED)',
};

function line(step: number, kind: JournalEntry['kind'], seconds: number) {
  return { run: 'r-1', step, kind, at: RUN.startedAt + seconds * 1000 };
}

export const JOURNAL: readonly JournalEntry[] = [
  { ...line(0, 'fence', 0.1), event: 'intent' },
  {
    ...line(0, 'fence', 0.4),
    event: 'receipt',
    receipt: {
      confirmedBy: 'read-back',
      summary: 'the hoster has locked v4 of home',
      facts: { provider: 'hetzner', server: '4711' },
    },
  },
  { ...line(1, 'promote', 0.5), event: 'intent' },
  {
    ...line(1, 'promote', 3.1),
    event: 'output',
    lines: ['starting nginx', '\u001b[2J\u0007 /etc/nginx/nginx.conf is ok'],
  },
  {
    ...line(1, 'promote', 3.2),
    event: 'error',
    code: 'command-failed',
    message: 'web: nginx did not start: exit status 1',
  },
  { ...line(1, 'promote', 9), event: 'intent' },
  {
    ...line(1, 'promote', 12.5),
    event: 'receipt',
    receipt: { confirmedBy: 'exit-status', summary: 'web is up at away' },
  },
  { ...line(2, 'flip', 12.6), event: 'intent' },
];

/** The whole night as changes to a store. */
export function night(): readonly Change[] {
  return [
    {
      kind: 'service',
      service: 'web',
      patch: {
        active: 'away',
        epoch: 5,
        maxEpoch: 5,
        published: ['v4'],
        quarantined: [{ site: 'home', since: NOW - 12 * MINUTE, run: 'r-1' }],
      },
    },
    { kind: 'incident', incident: INCIDENT },
    { kind: 'plan', plan: PLAN, status: 'started' },
    { kind: 'run', run: RUN },
    ...JOURNAL.map(entry => ({ kind: 'journal' as const, entry })),
    { kind: 'plan', plan: WAITING, status: 'proposed' },
    { kind: 'hold', hold: HOLD },
    { kind: 'decision', decision: refusedDecision(NOW - 12_000) },
    {
      kind: 'audit',
      entry: {
        at: NOW - 40 * MINUTE,
        operator: 'ada',
        action: 'hold',
        service: 'web',
        reason: 'moving the rack',
        overrides: [],
        detail: 'until 2026-11-23T03:55:10.000Z',
      },
    },
    {
      kind: 'audit',
      entry: {
        at: NOW - 20 * MINUTE,
        operator: 'bob',
        action: 'failover',
        service: 'irc',
        reason: 'ticket 4711\u202egnp.exe',
        overrides: ['skip-fence', 'allow-data-loss'],
        detail: 'to away',
      },
    },
    {
      kind: 'notice',
      sinks: ['relay'],
      notice: {
        id: 'n-1',
        at: NOW - 11 * MINUTE,
        service: 'web',
        kind: 'run',
        incident: 'i-1',
        text: 'web: failover to away',
        data: {},
      },
    },
  ];
}
