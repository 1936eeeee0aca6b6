/** A service with a plan and a run, small but whole, for tests of wording and status. */
import type { Plan, Step } from '../../src/model/plan.ts';
import type { Service, Settings, Shell } from '../../src/model/service.ts';
import type { Decision, Hold, Incident, Notice, Run, ServiceState } from '../../src/model/state.ts';
import { DEFAULT_POLICY, type Verdict } from '../../src/model/verdict.ts';

/** 2026-11-23 02:35:10Z */
export const NOW = 1_795_401_310_000;

const shell: Shell = {
  kind: 'ssh',
  host: '192.0.2.20',
  port: 22,
  user: 'deploy',
  identityFile: null,
  knownHostsFile: null,
  connectTimeoutMs: 5_000,
};

const epochSet = {
  name: '_understudy.example.org',
  type: 'TXT',
  ttlS: 60,
  values: ['"v=1 epoch=6 active=fsn1 owner=r-1"'],
} as const;

export const steps: readonly Step[] = [
  {
    kind: 'claim',
    limitMs: 30_000,
    settleMs: 0,
    change: {
      epochName: '_understudy.example.org',
      ttlS: 60,
      expectEpoch: epochSet,
      nextEpoch: { epoch: 7, active: 'fsn1', claim: { busyS: 655, stepS: 135 } },
      upserts: [],
      deletes: [],
    },
  },
  {
    kind: 'snapshot',
    limitMs: 60_000,
    site: 'fsn1',
    shell,
    run: { argv: ['collect', '--all it'], limitMs: 50_000 },
  },
  {
    kind: 'quiesce',
    limitMs: 60_000,
    site: 'fsn1',
    shell: { kind: 'local' },
    run: { argv: ['stop-writes'], limitMs: 50_000 },
  },
  {
    kind: 'catch-up',
    limitMs: 60_000,
    site: 'hel1',
    shell,
    run: { argv: ['wait-lag', '0'], limitMs: 50_000 },
  },
  {
    kind: 'fence',
    limitMs: 90_000,
    site: 'fsn1',
    method: 'power-off',
    provider: 'hetzner',
    server: '4711',
    families: [],
    run: null,
    check: null,
    waitMs: 0,
  },
  {
    kind: 'promote',
    limitMs: 120_000,
    site: 'hel1',
    shell,
    parts: [
      {
        name: 'db',
        run: { argv: ['promote-db'], limitMs: 60_000 },
        check: { argv: ['is-primary'], limitMs: 5_000 },
      },
      { name: 'web', run: { argv: ['systemctl', 'start', 'nginx'], limitMs: 60_000 }, check: null },
    ],
  },
  { kind: 'check', limitMs: 30_000, site: 'hel1', families: ['v4', 'v6'] },
  {
    kind: 'flip',
    limitMs: 60_000,
    change: {
      epochName: '_understudy.example.org',
      ttlS: 60,
      expectEpoch: 'claimed',
      nextEpoch: { epoch: 8, active: 'hel1' },
      upserts: [{ name: 'www.example.org', type: 'A', ttlS: 60, values: ['192.0.2.20'] }],
      deletes: [{ name: 'www.example.org', type: 'AAAA', ttlS: 60, values: ['2001:db8::1'] }],
    },
  },
  {
    kind: 'verify',
    limitMs: 120_000,
    site: 'hel1',
    families: ['v4'],
    expect: [
      { name: 'www.example.org', type: 'A', ttlS: 60, values: ['192.0.2.20'] },
      { name: 'www.example.org', type: 'AAAA', ttlS: 60, values: [] },
    ],
  },
  { kind: 'announce', limitMs: 10_000 },
];

export const plan: Plan = {
  id: 'p-1',
  hash: 'ab'.repeat(32),
  basis: 'cd',
  service: 'web',
  kind: 'failover',
  from: 'fsn1',
  to: 'hel1',
  baseEpoch: 6,
  steps,
  overrides: [],
  origin: { by: 'judge' },
  because: { class: 'PROVIDER_LOCK', rule: 30, at: NOW },
  createdAt: NOW,
  expiresAt: NOW + 900_000,
};

export const run: Run = {
  id: 'r-2',
  plan: 'p-1',
  service: 'web',
  kind: 'failover',
  to: 'hel1',
  automatic: true,
  token: 'r-2-very-own-token',
  status: 'running',
  startedAt: NOW,
  endedAt: null,
  flipped: false,
  note: null,
};

export const verdict: Verdict = {
  service: 'web',
  site: 'fsn1',
  class: 'PROVIDER_LOCK',
  rule: 30,
  sentence: 'The hoster has locked an essential address.',
  at: NOW,
};

export const hold: Hold = {
  service: 'web',
  owner: 'mia',
  reason: 'moving the database',
  since: NOW - 600_000,
  until: NOW + 3_600_000,
};

export const incident: Incident = {
  id: 'i-9',
  service: 'web',
  site: 'fsn1',
  class: 'PROVIDER_LOCK',
  openedAt: NOW - 90_000,
  closedAt: null,
  told: [],
};

export const service: Service = {
  name: 'web',
  sites: [],
  dns: {
    provider: 'route53',
    zone: 'Z1',
    zoneName: 'example.org',
    epochName: '_understudy.example.org',
    records: ['www.example.org'],
    ttlS: 60,
    nameservers: null,
  },
  probes: [],
  essential: ['v4'],
  thresholds: { failures: 3, failingForMs: 30_000, returnForMs: 600_000, downWhen: 'all', certificateMs: 0 },
  pace: { intervalMs: 60_000, fastMs: 1_000, standbyMs: 300_000, providerMs: 60_000, staleMs: 150_000 },
  policy: DEFAULT_POLICY,
  blockWindowMs: 3_600_000,
  retryPauseMs: 60_000,
  planTtlMs: 900_000,
  limitsMs: {
    claim: 30_000,
    snapshot: 60_000,
    quiesce: 60_000,
    'catch-up': 60_000,
    fence: 90_000,
    promote: 120_000,
    check: 30_000,
    flip: 60_000,
    verify: 120_000,
    announce: 10_000,
  },
  stateless: false,
};

export const settings: Pick<Settings, 'mode' | 'services' | 'serve'> = {
  mode: 'act',
  services: [service],
  serve: { host: '127.0.0.1', port: 0 },
};

export const state: ServiceState = {
  service: 'web',
  active: 'fsn1',
  epoch: 6,
  maxEpoch: 6,
  published: ['v4', 'v6'],
  quarantined: [],
  rival: null,
  incident,
  tried: [],
  ackedRun: null,
  hold,
  lastRun: run,
  lastVerdict: verdict,
};

export const decision: Decision = {
  service: 'web',
  at: NOW - 30_000,
  verdict,
  facts: {
    control: 'ok',
    observer: 'online',
    essential: 'down',
    other: 'ok',
    withdrawn: 'none',
    lock: 'essential',
    warnings: 'none',
  },
  observation: {
    service: 'web',
    site: 'fsn1',
    at: NOW - 30_000,
    families: [
      {
        family: 'v4',
        essential: true,
        published: true,
        state: 'down',
        observer: 'online',
        blocked: true,
        okForMs: 0,
        probes: [
          {
            probe: 'http',
            required: true,
            state: 'down',
            fresh: 3,
            consecutiveFailures: 3,
            failingForMs: 60_000,
            lastOkAt: null,
            lastAt: NOW - 31_000,
            lastFailure: 'timeout',
            lastDetail: null,
          },
        ],
      },
    ],
    host: null,
    hostAgeMs: 12_000,
    warnings: [],
    facts: {
      control: 'ok',
      observer: 'online',
      essential: 'down',
      other: 'ok',
      withdrawn: 'none',
      lock: 'essential',
      warnings: 'none',
    },
  },
  standing: { code: 'refused-by-gate', detail: 'a hold is in force' },
  plan: null,
  gate: [],
};

/** @returns a notice with this id */
export function notice(id: string): Notice {
  return {
    id,
    at: NOW,
    service: 'web',
    kind: 'verdict',
    incident: 'i-9',
    text: `notice ${id}`,
    data: { site: 'fsn1' },
  };
}
