/** A service of two sites for tests of the pure rooms; every part can be replaced. */
import type { Fence, Service, Settings, Site } from '../../src/model/service.ts';
import { DEFAULT_POLICY } from '../../src/model/verdict.ts';

export const POWER_OFF: Fence = {
  method: 'power-off',
  run: null,
  check: null,
  leaseMs: 0,
  marginMs: 0,
  lockCounts: true,
};

export function makeSite(name: string, patch: Partial<Site> = {}): Site {
  return {
    name,
    provider: 'hoster',
    vendor: 'hcloud',
    server: name === 'home' ? '1' : '2',
    addresses: { v4: name === 'home' ? '127.0.0.11' : '127.0.0.12' },
    shell: { kind: 'local' },
    fence: POWER_OFF,
    promote: [
      {
        name: 'db',
        run: { argv: ['promote', name], limitMs: 1000 },
        check: { argv: ['promoted', name], limitMs: 1000 },
      },
    ],
    quiesce: { argv: ['quiesce', name], limitMs: 1000 },
    catchUp: null,
    freshness: null,
    maxLagMs: null,
    snapshot: null,
    ...patch,
  };
}

export function makeService(patch: Partial<Service> = {}): Service {
  const limits = {
    claim: 30,
    snapshot: 20,
    quiesce: 60,
    'catch-up': 120,
    fence: 90,
    promote: 300,
    check: 30,
    flip: 30,
    verify: 180,
    announce: 5,
  };
  return {
    name: 'web',
    sites: [makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' } }), makeSite('away')],
    dns: {
      provider: 'dns',
      zone: 'Z1',
      zoneName: 'example.org',
      epochName: '_understudy-web.example.org',
      records: ['www.example.org'],
      ttlS: 60,
      nameservers: ['127.0.0.1:53'],
    },
    probes: [
      { id: 'http', kind: 'http', required: true, families: ['v4', 'v6'], timeoutMs: 500, params: {} },
    ],
    essential: ['v4'],
    thresholds: {
      failures: 3,
      failingForMs: 500,
      returnForMs: 60_000,
      downWhen: 'all',
      certificateMs: 14 * 86_400_000,
    },
    pace: { intervalMs: 1000, fastMs: 250, standbyMs: 300_000, providerMs: 300_000, staleMs: 300_000 },
    policy: DEFAULT_POLICY,
    blockWindowMs: 3_600_000,
    retryPauseMs: 60_000,
    planTtlMs: 1_800_000,
    limitsMs: Object.fromEntries(
      Object.entries(limits).map(([kind, seconds]) => [kind, seconds * 1000]),
    ) as Service['limitsMs'],
    stateless: false,
    ...patch,
  };
}

export function makeSettings(service: Service, patch: Partial<Settings> = {}): Settings {
  return {
    file: 'test.yaml',
    mode: 'act',
    state: ':memory:',
    runner: 'lab',
    references: [
      { name: 'ref4', address: '127.0.0.1', port: 1, family: 'v4' },
      { name: 'ref6', address: '::1', port: 1, family: 'v6' },
    ],
    referenceTimeoutMs: 500,
    providers: {},
    sinks: [],
    serve: { host: '127.0.0.1', port: 0 },
    services: [service],
    ...patch,
  };
}
