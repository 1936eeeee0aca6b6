/**
 * From a few words to a whole cast: settings as the config would give them, a machine for each site, stations. What is
 * left out takes a value that a small server would have. Everything is derived from names and positions, nothing is drawn.
 */
import type { Family } from '../model/sample.ts';
import { Secret } from '../model/secret.ts';
import type { Command, Fence, Mode, ProbeSpec, Service, Settings, Site } from '../model/service.ts';
import { DEFAULT_POLICY } from '../model/verdict.ts';
import type { BoxCast, Cast, StationCast } from './script.ts';

export interface SiteSketch {
  readonly name: string;
  /** Sites with the same box share a machine. Default: a machine of its own. */
  readonly box?: string;
  readonly hoster?: string;
  readonly families?: readonly Family[];
  readonly fence?: Partial<Fence>;
  /** Its freshness is measured, and older data than this is refused, ms. */
  readonly maxLagMs?: number;
  readonly snapshot?: boolean;
}

export interface ServiceSketch {
  readonly name: string;
  readonly sites: readonly SiteSketch[];
  /** Ids of required probes; one is `http` when left out. A trailing `?` makes it not required. */
  readonly probes?: readonly string[];
  /** Parts of the promotion; default: one, `db`. None: a stateless service. */
  readonly parts?: readonly string[];
  readonly patch?: Partial<Service>;
}

export interface CastSketch {
  readonly services: readonly ServiceSketch[];
  readonly stations?: readonly StationCast[];
  readonly sinks?: readonly string[];
  readonly mode?: Mode;
  readonly propagationMs?: number;
  readonly commandMs?: number;
  readonly powerMs?: number;
  readonly replicationMs?: number;
  readonly latencyMs?: number;
}

/** In every secret of the cast; where it turns up in what is written or told, a secret has leaked. */
export const CANARY = 'canary5f1d0c0ffee';
/** Where boxes without a hoster of their own stand: the first site of a service, and the others. */
const HOSTERS = ['alpha', 'beta', 'gamma'];
const S = 1000;
const MIN = 60 * S;

export const NAME_SERVERS = ['192.0.2.53:53', '192.0.2.54:53'];
/** Name of the DNS provider in the settings, and of its API in happenings. */
export const DNS = 'dns';

/** @throws RangeError when two services have one name, or a site's hoster is called like the DNS provider */
export function buildCast(sketch: CastSketch): Cast {
  const boxes = new Map<string, BoxCast>();
  const services = sketch.services.map(service => buildService(service, boxes));
  const hosters = new Set([...boxes.values()].map(box => box.hoster));
  if (new Set(services.map(service => service.name)).size < services.length || hosters.has(DNS))
    throw new RangeError('names of services must differ, and no hoster may be called dns');
  return {
    settings: buildSettings(sketch, services, [...hosters]),
    boxes: [...boxes.values()],
    stations: sketch.stations ?? [
      { name: 'desk', runner: { way: 'daemon', restartMs: 10 * S }, offsetMs: 0 },
    ],
    propagationMs: sketch.propagationMs ?? 20 * S,
    commandMs: sketch.commandMs ?? 0,
    powerMs: sketch.powerMs ?? 5 * S,
    replicationMs: sketch.replicationMs ?? 2 * S,
    latencyMs: sketch.latencyMs ?? 0,
  };
}

function buildSettings(
  sketch: CastSketch,
  services: readonly Service[],
  hosters: readonly string[],
): Settings {
  const provider = (name: string, kind: string) => [name, { name, kind, params: {} }] as const;
  return {
    file: 'simulated.yaml',
    mode: sketch.mode ?? 'act',
    state: ':memory:',
    runner: 'simulated',
    references: [
      { name: 'ref4', address: '198.51.100.1', port: 443, family: 'v4' },
      { name: 'ref6', address: '2001:db8:ffff::1', port: 443, family: 'v6' },
    ],
    referenceTimeoutMs: 3 * S,
    providers: Object.fromEntries([
      ...hosters.map(name => provider(name, 'hcloud')),
      provider(DNS, 'route53'),
    ]),
    sinks: (sketch.sinks ?? ['irc']).map(name => ({
      name,
      kind: 'webhook',
      url: `http://127.0.0.1/${name}`,
      secret: new Secret(`whsec_${CANARY}`, name),
      timeoutMs: 5 * S,
    })),
    serve: { host: '127.0.0.1', port: 0 },
    services,
  };
}

function buildService(sketch: ServiceSketch, boxes: Map<string, BoxCast>): Service {
  const { name } = sketch;
  const sites = sketch.sites.map((site, index) => buildSite(sketch, site, index, boxes));
  const families: readonly Family[] = sites.some(site => site.addresses.v6 !== undefined)
    ? ['v4', 'v6']
    : ['v4'];
  const probes: readonly ProbeSpec[] = (sketch.probes ?? ['http']).map(id => ({
    id: id.replace('?', ''),
    kind: id.replace('?', ''),
    required: !id.endsWith('?'),
    families,
    timeoutMs: 5 * S,
    params: {},
  }));
  return {
    name,
    sites,
    dns: {
      provider: DNS,
      zone: 'Z1',
      zoneName: 'example.org',
      epochName: `_understudy-${name}.example.org`,
      records: [`${name}.example.org`],
      ttlS: 60,
      nameservers: NAME_SERVERS,
    },
    probes,
    essential: ['v4'],
    thresholds: {
      failures: 3,
      failingForMs: 10 * S,
      returnForMs: 10 * MIN,
      downWhen: 'all',
      certificateMs: 14 * 24 * 60 * MIN,
    },
    pace: { intervalMs: 30 * S, fastMs: 5 * S, standbyMs: 5 * MIN, providerMs: 5 * MIN, staleMs: 10 * MIN },
    policy: DEFAULT_POLICY,
    blockWindowMs: 60 * MIN,
    retryPauseMs: MIN,
    planTtlMs: 30 * MIN,
    limitsMs: {
      claim: 30 * S,
      snapshot: 20 * S,
      quiesce: 60 * S,
      'catch-up': 2 * MIN,
      fence: 90 * S,
      promote: 5 * MIN,
      check: 30 * S,
      flip: 30 * S,
      verify: 3 * MIN,
      announce: 5 * S,
    },
    stateless: sketch.parts?.length === 0,
    ...sketch.patch,
  };
}

function buildSite(
  service: ServiceSketch,
  sketch: SiteSketch,
  index: number,
  boxes: Map<string, BoxCast>,
): Site {
  const parts = service.parts ?? ['db'];
  const box = boxOf(`${service.name}-${sketch.name}`, sketch, index, boxes);
  const command = (word: string, ...more: readonly string[]): Command => ({
    argv: [word, service.name, sketch.name, ...more],
    limitMs: 20 * S,
  });
  const stateless = parts.length === 0;
  const method = sketch.fence?.method ?? (stateless ? 'none' : 'power-off');
  return {
    name: sketch.name,
    provider: box.hoster,
    vendor: 'hcloud',
    server: box.id,
    addresses: box.addresses,
    shell: {
      kind: 'ssh',
      host: box.addresses.v4 ?? box.addresses.v6 ?? '',
      port: 22,
      user: 'understudy',
      identityFile: null,
      knownHostsFile: null,
      connectTimeoutMs: 10 * S,
    },
    fence: {
      method,
      run: method === 'command' ? command('fence') : null,
      check: method === 'command' ? command('fence-check') : null,
      leaseMs: method === 'wait' ? 30 * S : 0,
      marginMs: method === 'wait' ? 15 * S : 0,
      lockCounts: true,
      ...sketch.fence,
    },
    promote: parts.map(part => ({
      name: part,
      run: command('promote', part),
      check: command('promote-check', part),
    })),
    quiesce: stateless ? null : command('quiesce'),
    catchUp: stateless ? null : command('catch-up'),
    freshness: sketch.maxLagMs === undefined ? null : command('freshness'),
    maxLagMs: sketch.maxLagMs ?? null,
    snapshot: sketch.snapshot === true ? command('snapshot') : null,
  };
}

/** Addresses come from the documentation ranges (RFC 5737, RFC 3849), one a machine. */
function boxOf(fallback: string, sketch: SiteSketch, index: number, boxes: Map<string, BoxCast>): BoxCast {
  const name = sketch.box ?? fallback;
  const known = boxes.get(name);
  if (known !== undefined) return known;
  const number = boxes.size + 1;
  const families = sketch.families ?? ['v4', 'v6'];
  const box: BoxCast = {
    id: String(1000 + number),
    hoster: sketch.hoster ?? HOSTERS[Math.min(index, HOSTERS.length - 1)] ?? 'alpha',
    addresses: {
      ...(families.includes('v4') ? { v4: `203.0.113.${number}` } : {}),
      ...(families.includes('v6') ? { v6: `2001:db8::${number.toString(16)}` } : {}),
    },
  };
  boxes.set(name, box);
  return box;
}
