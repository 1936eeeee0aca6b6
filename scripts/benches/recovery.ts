/**
 * (b) From the kill of the active site to the standby's address in a DNS answer, with the daemon; (c) the same while ten
 * other services of the same config are black holes. Each trial lives in a world and a daemon of its own. The cases
 * take turns within a round and share its moment of the kill, so that what differs between them is the case.
 *
 * The moment of the kill is counted from a look of the daemon, which a beacon notices: a further probe, not a required one,
 * of a port that the bench itself has at the sites' addresses.
 *
 * Timed is understudy: the embedded DNS serves a change as soon as it has taken it (Route 53 needs up to a minute).
 */
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { PRIMARY, RECORD, STANDBY, ZONE_ID, ZONE_NAME } from '../../src/sandbox/config.ts';
import { type Child, startChild } from '../../src/sandbox/demo/child.ts';
import { type Listener, startListener } from '../../src/sandbox/site/listener.ts';
import { type SandboxWorld, startWorld } from '../../src/sandbox/world.ts';
import { type Figure, spread } from './figures.ts';
import type { BenchOptions } from './options.ts';
import { phases, randomFrom } from './random.ts';

export interface Case {
  readonly deed: 'crash' | 'blackhole';
  /** Fence, promote and check; without them: a stateless service whose plan is flip and verify. */
  readonly full: boolean;
  readonly neighbours: boolean;
}

const PERIOD_MS = 1000;
const NEIGHBOURS = 10;
const POLL_MS = 5;
/** From the first HEALTHY to the kill at the earliest: the clients are loaded and the standby is known by then. */
const SETTLE_MS = 1500;
const LIMIT_MS = 30_000;
const PACE = { interval: `${PERIOD_MS}ms`, fast: '250ms', standby: '2s', providers: '60s', stale: '90s' };
const THRESHOLDS = { failures: 3, failing_for: '500ms', return_for: '2s' };

const WITHOUT: readonly Case[] = [
  { deed: 'crash', full: false, neighbours: false },
  { deed: 'blackhole', full: false, neighbours: false },
];
const WITH: readonly Case[] = [
  { deed: 'crash', full: true, neighbours: false },
  { deed: 'blackhole', full: true, neighbours: false },
];
const CROWDED: readonly Case[] = WITHOUT.map(one => ({ ...one, neighbours: true }));

/** The sites' own addresses are read off the config that the world wrote. */
interface WrittenSite {
  readonly ipv4: string;
  readonly ipv6?: string;
}

/** One server at every address of this machine: each connection is closed at once. */
async function startBeacon(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(socket => socket.on('error', () => undefined).end());
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the beacon has no port');
  return { server, port: address.port };
}

/** The next look of the daemon at the primary. @returns when it came, by performance.now() */
function nextLook(beacon: Server, primary: string): Promise<number> {
  return new Promise(resolve => {
    const onConnection = (socket: { readonly localAddress?: string | undefined }) => {
      if (socket.localAddress !== primary) return;
      beacon.off('connection', onConnection);
      resolve(performance.now());
    };
    beacon.on('connection', onConnection);
  });
}

interface Shaped {
  readonly primary: string;
  readonly standby: string;
}

/** Gives the config of the world the pace of the bench, the plan of the case, and the neighbours. @returns the addresses */
function shape(world: SandboxWorld, one: Case, holes: readonly Listener[], beaconPort: number): Shaped {
  const { full, neighbours } = one;
  world.writeConfig({ service: { pace: PACE, thresholds: THRESHOLDS } });
  const config = parse(readFileSync(world.configFile, 'utf8'));
  const { web } = config.services;
  const [primary, standby]: WrittenSite[] = web.sites;
  if (primary === undefined || standby === undefined) throw new Error('the world wrote no two sites');
  web.probes.push({
    kind: 'tcp',
    id: 'beacon',
    port: beaconPort,
    required: false,
    families: ['v4'],
    timeout: '500ms',
  });
  if (!full) {
    web.stateless = true;
    web.sites = [
      {
        name: PRIMARY.name,
        provider: 'hetzner',
        server: PRIMARY.server,
        fence: 'none',
        ...addresses(primary),
      },
      { name: STANDBY.name, vendor: 'another hoster', fence: 'none', ...addresses(standby) },
    ];
  }
  if (neighbours) {
    for (const [at, { address, port }] of holes.entries())
      config.services[`neighbour-${at}`] = {
        stateless: true,
        dns: { ...web.dns, records: [`neighbour-${at}.${ZONE_NAME}`], zone: ZONE_ID },
        probes: [{ kind: 'http', port, timeout: '500ms' }],
        sites: [
          { name: 'here', vendor: 'one hoster', ipv4: address, fence: 'none' },
          {
            name: 'there',
            vendor: 'another hoster',
            ipv4: address.replace('127.0.1.', '127.0.2.'),
            fence: 'none',
          },
        ],
        pace: PACE,
        thresholds: THRESHOLDS,
      };
  }
  writeFileSync(world.configFile, stringify(config), { mode: 0o600 });
  return { primary: primary.ipv4, standby: standby.ipv4 };
}

function addresses({ ipv4, ipv6 }: WrittenSite): WrittenSite {
  return { ipv4, ...(ipv6 === undefined ? {} : { ipv6 }) };
}

/** A bench that is stopped must not leave a daemon behind; the sites die with their parent by themselves. */
let running: Child | null = null;
process.once('exit', () => running?.kill('SIGKILL'));

/** @returns when the daemon has seen the service well */
function startDaemon(world: SandboxWorld, program: string): Promise<Child> {
  return new Promise((resolve, reject) => {
    const child = startChild({
      self: [process.execPath, program],
      words: ['run'],
      env: { ...process.env, ...world.env, UNDERSTUDY_CONFIG: world.configFile },
      onLine: line => {
        if (line.startsWith(`web: HEALTHY at ${PRIMARY.name}`)) resolve(child);
      },
    });
    running = child;
    child.ended.then(
      ({ code, stderr }) => reject(new Error(`the daemon ended with ${code}: ${stderr}`)),
      reject,
    );
  });
}

/** @returns when the name server answered with `address`, by performance.now() */
async function answered(resolver: Resolver, address: string): Promise<number> {
  const limit = performance.now() + LIMIT_MS;
  while (performance.now() < limit) {
    const found = await resolver.resolve4(RECORD);
    if (found.includes(address)) return performance.now();
    await sleep(POLL_MS);
  }
  throw new Error(`${RECORD} was not at ${address} within ${LIMIT_MS} ms`);
}

/** @returns from the kill to the answer, ms */
async function trial(one: Case, phase: number, program: string, holes: readonly Listener[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'us-bench-recovery-'));
  const world = await startWorld({ folder, insyncMs: 0 });
  const beacon = await startBeacon();
  let daemon: Child | null = null;
  try {
    const target = shape(world, one, holes, beacon.port);
    daemon = await startDaemon(world, program);
    const resolver = new Resolver({ timeout: 400, tries: 2 });
    resolver.setServers([world.nameserver.address]);
    await sleep(SETTLE_MS);
    const look = await nextLook(beacon.server, target.primary);
    await sleep(look + phase * PERIOD_MS - performance.now());
    const start = performance.now();
    // Not waited for: the site is dead from the first signal on, and the rest of a black hole's digging takes a while.
    const deed = world[one.deed]();
    const end = await answered(resolver, target.standby);
    await deed;
    return end - start;
  } finally {
    daemon?.kill('SIGKILL');
    await daemon?.ended;
    beacon.server.close();
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function digHoles(): Promise<readonly Listener[]> {
  const holes: Listener[] = [];
  for (let at = 0; at < NEIGHBOURS; at += 1) {
    const hole = await startListener({ kind: 'reference', address: `127.0.1.${at + 1}`, port: 0 });
    holes.push(hole);
    await hole.blackhole();
  }
  return holes;
}

function nameOf({ deed, full, neighbours }: Case): string {
  const plan = full ? 'fence, promote, check, flip' : 'flip only';
  return `${deed}, ${plan}${neighbours ? `, ${NEIGHBOURS} black holes beside` : ''}`;
}

/** @param wanted which of `b` and `c` */
export async function benchRecovery(
  { trials, program, seed, progress }: BenchOptions,
  wanted: ReadonlySet<string>,
): Promise<readonly Figure[]> {
  const cases = [...WITHOUT, ...(wanted.has('b') ? WITH : []), ...(wanted.has('c') ? CROWDED : [])];
  const times = new Map(cases.map(one => [one, [] as number[]]));
  const holes = wanted.has('c') ? await digHoles() : [];
  try {
    for (const [round, phase] of phases(trials, randomFrom(seed)).entries())
      for (const one of cases) {
        const ms = await trial(one, phase, program, one.neighbours ? holes : []);
        times.get(one)?.push(ms / 1000);
        progress(`${nameOf(one)}: ${(ms / 1000).toFixed(3)} s, round ${round + 1} of ${trials}`);
      }
  } finally {
    for (const hole of holes) await hole.close();
  }
  return [...(wanted.has('b') ? recoveries(times) : []), ...(wanted.has('c') ? shifts(times) : [])];
}

function recoveries(times: ReadonlyMap<Case, readonly number[]>): readonly Figure[] {
  return [...times].flatMap(([one, samples]): Figure[] => {
    if (one.neighbours) return [];
    const all = spread(samples);
    const base = { bench: 'b', name: nameOf(one), unit: 's', spread: all } as const;
    if (one.deed === 'crash' && !one.full) return [{ ...base, value: all.max, of: 'worst', aim: 1.55 }];
    const aim = one.full ? (one.deed === 'crash' ? 1.5 : null) : 2.2;
    return [{ ...base, value: all.median, aim }];
  });
}

function shifts(times: ReadonlyMap<Case, readonly number[]>): readonly Figure[] {
  return CROWDED.flatMap((crowded, at): Figure[] => {
    const alone = WITHOUT[at];
    const [many, few] = [times.get(crowded), alone && times.get(alone)];
    if (many === undefined || few === undefined) return [];
    const shift = Math.abs(spread(many).median / spread(few).median - 1) * 100;
    return [
      {
        bench: 'c',
        name: nameOf(crowded),
        unit: 's',
        spread: spread(many),
        value: spread(many).median,
        aim: null,
      },
      {
        bench: 'c',
        name: `${crowded.deed}: against no neighbours`,
        unit: '%',
        spread: spread(many.map((value, trialAt) => (value / (few[trialAt] ?? Number.NaN) - 1) * 100)),
        value: shift,
        of: 'shift of the median',
        aim: 5,
      },
    ];
  });
}
