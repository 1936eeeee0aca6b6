/**
 * (d) What a probe costs: CPU seconds per 1000 HTTP probes and memory at 1000 targets, against a bare node:http loop and a
 * raw node:net loop in the same run. Absolute figures move with the machine, so ratios are told too. Every loop runs in a
 * process of its own, as plain Node with the code bundled (a loader would be measured otherwise), and the server in
 * another. Targets are 1000 loopback addresses, spread evenly over each round.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Figure, spread } from './figures.ts';
import type { BenchOptions } from './options.ts';

const TARGETS = 1000;
const PERIOD_MS = 1000;
/** Rounds that are measured in one process, after one that is not. */
const ROUNDS = 4;
const AIM_CPU_S = 0.2;
const AIM_MB = 90;

const SERVER = `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('site berlin\\n'));
server.keepAliveTimeout = 1;
server.listen(0, '0.0.0.0', 4096, () => process.send(server.address().port));
`;

/** One loop; `probeOnce(address, port): Promise<boolean>` is put before it. */
const LOOP = `
const [targets, rounds, periodMs, port] = process.argv.slice(2).map(Number);
const addresses = Array.from({ length: targets }, (_, n) => '127.1.' + (n >> 8) + '.' + (n & 255));
const SLICE_MS = 10;
const slices = periodMs / SLICE_MS;
let failures = 0;
async function round() {
  const pending = [];
  const start = performance.now();
  for (let slice = 0; slice < slices; slice += 1) {
    const from = Math.floor((slice * targets) / slices);
    const to = Math.floor(((slice + 1) * targets) / slices);
    for (let n = from; n < to; n += 1) pending.push(probeOnce(addresses[n], port).then(ok => { if (!ok) failures += 1; }));
    const wait = start + (slice + 1) * SLICE_MS - performance.now();
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait));
  }
  await Promise.all(pending);
}
await round();
const before = process.cpuUsage();
for (let n = 0; n < rounds; n += 1) await round();
const used = process.cpuUsage(before);
process.send({
  cpuPer1000: (used.user + used.system) / 1e6 / ((rounds * targets) / 1000),
  rssMb: process.resourceUsage().maxRSS / 1024,
  failures,
});
process.disconnect();
`;

const RAW_NET = `
import { connect } from 'node:net';
const probeOnce = (address, port) => new Promise(resolve => {
  const socket = connect(port, address);
  const timer = setTimeout(() => done(false), 5000);
  function done(ok) { clearTimeout(timer); socket.destroy(); resolve(ok); }
  socket.on('error', () => done(false));
  socket.on('connect', () => socket.write('GET / HTTP/1.1\\r\\nHost: www.example.org\\r\\nConnection: close\\r\\n\\r\\n'));
  socket.once('data', chunk => done(chunk.toString('latin1').startsWith('HTTP/1.1 200')));
});
`;

const BARE_HTTP = `
import { request } from 'node:http';
const probeOnce = (host, port) => new Promise(resolve => {
  const asked = request({ host, port, agent: false, headers: { Host: 'www.example.org' } }, response => {
    response.resume();
    response.on('end', () => done(response.statusCode === 200));
  });
  const timer = setTimeout(() => done(false), 5000);
  function done(ok) { clearTimeout(timer); asked.destroy(); resolve(ok); }
  asked.on('error', () => done(false));
  asked.end();
});
`;

const UNDERSTUDY = `
import { createProber } from './prober.mjs';
const prober = createProber();
const probeOnce = async (address, port) => {
  const target = { address, family: 'v4', publicName: 'www.example.org' };
  return (await prober.probe('http', { port, body: 'site berlin' }, target, 5000)).ok;
};
`;

const LOOPS = { 'raw net': RAW_NET, 'bare http': BARE_HTTP, understudy: UNDERSTUDY } as const;
type LoopName = keyof typeof LOOPS;
const NAMES = Object.keys(LOOPS) as readonly LoopName[];

interface Measured {
  readonly cpuPer1000: number;
  readonly rssMb: number;
  readonly failures: number;
}

async function measure(file: string, args: readonly string[]): Promise<Measured> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [[result]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
  return result as Measured;
}

/** Bundles the prober as plain Node runs it. */
async function prepare(source: string, directory: string): Promise<void> {
  await build({
    entryPoints: [source],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await writeFile(join(directory, 'server.mjs'), SERVER);
  for (const name of NAMES) await writeFile(join(directory, `${name}.mjs`), LOOPS[name] + LOOP);
}

export async function benchProbes({ trials, helpers, progress }: BenchOptions): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'us-bench-probes-'));
  let server: ChildProcess | undefined;
  const results = new Map<LoopName, Measured[]>(NAMES.map(name => [name, []]));
  try {
    await prepare(join(helpers, '../../src/probe/prober.ts'), directory);
    server = fork(join(directory, 'server.mjs'), { execArgv: [] });
    const [port] = await once(server, 'message');
    for (let run = 0; run < trials; run += 1) {
      for (const name of NAMES) {
        progress(`${TARGETS} targets, ${name}, round ${run + 1} of ${trials}`);
        const args = [TARGETS, ROUNDS, PERIOD_MS, port].map(String);
        results.get(name)?.push(await measure(join(directory, `${name}.mjs`), args));
      }
    }
  } finally {
    server?.kill();
    await rm(directory, { recursive: true, force: true });
  }
  return figures(results);
}

function figures(results: ReadonlyMap<LoopName, readonly Measured[]>): readonly Figure[] {
  const of = (name: LoopName, key: keyof Measured) => (results.get(name) ?? []).map(one => one[key]);
  const failures = NAMES.flatMap(name => of(name, 'failures')).reduce((sum, count) => sum + count, 0);
  if (failures > 0)
    throw new Error(`${failures} probes of a healthy server failed: these figures mean nothing`);
  const own = of('understudy', 'cpuPer1000');
  const absolute = NAMES.flatMap((name): Figure[] => {
    const [cpu, rss] = [spread(of(name, 'cpuPer1000')), spread(of(name, 'rssMb'))];
    const ours = name === 'understudy';
    return [
      {
        bench: 'd',
        name: `${name}, CPU per 1000 probes`,
        unit: 's',
        spread: cpu,
        value: cpu.median,
        aim: ours ? AIM_CPU_S : null,
      },
      {
        bench: 'd',
        name: `${name}, memory`,
        unit: 'MB',
        spread: rss,
        value: rss.median,
        aim: ours ? AIM_MB : null,
      },
    ];
  });
  const ratios = (['raw net', 'bare http'] as const).map((name): Figure => {
    const base = of(name, 'cpuPer1000');
    return {
      bench: 'd',
      name: `understudy ÷ ${name}, CPU`,
      unit: '×',
      spread: spread(own.map((value, at) => value / (base[at] ?? Number.NaN))),
      value: spread(own).median / spread(base).median,
      of: 'ratio of medians',
      aim: null,
    };
  });
  return [...absolute, ...ratios];
}
