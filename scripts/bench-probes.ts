/**
 * What a probe costs: CPU seconds per 1000 HTTP probes and memory at 1000 targets, against a bare node:http loop
 * and a raw node:net loop in the same run. Absolute figures move with the machine, so ratios are printed too.
 * Every loop runs in a process of its own, as plain Node with the code bundled (tsx would be measured otherwise),
 * and the server in another. Targets are 1000 loopback addresses, spread evenly over each round.
 *
 *   npx tsx scripts/bench-probes.ts [--targets 1000] [--rounds 4] [--runs 5] [--period 1000]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

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

function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (n: number) => sorted[n] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      targets: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '4' },
      runs: { type: 'string', default: '5' },
      period: { type: 'string', default: '1000' },
    },
  });
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  let server: ChildProcess | undefined;
  try {
    await build({
      entryPoints: [join(import.meta.dirname, '../src/probe/prober.ts')],
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
    server = fork(join(directory, 'server.mjs'), { execArgv: [] });
    const [port] = await once(server, 'message');
    const results = new Map<LoopName, Measured[]>();
    const names = Object.keys(LOOPS) as LoopName[];
    for (const name of names) await writeFile(join(directory, `${name}.mjs`), LOOPS[name] + LOOP);
    // Interleaved, so that a slow minute of the machine falls on all of them.
    for (let run = 0; run < Number(values.runs); run += 1) {
      for (const name of names) {
        const measured = await measure(join(directory, `${name}.mjs`), [
          values.targets,
          values.rounds,
          values.period,
          String(port),
        ]);
        results.set(name, [...(results.get(name) ?? []), measured]);
      }
    }
    report(results, values);
  } finally {
    server?.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

function report(results: ReadonlyMap<LoopName, readonly Measured[]>, values: Record<string, string>): void {
  const cpu = (name: LoopName) => spread((results.get(name) ?? []).map(one => one.cpuPer1000));
  const rss = (name: LoopName) => spread((results.get(name) ?? []).map(one => one.rssMb));
  console.log(
    `HTTP probes at ${values.targets} targets, ${values.rounds} rounds of ${values.period} ms, ${values.runs} runs; median (min–max)`,
  );
  for (const name of results.keys()) {
    const [c, r] = [cpu(name), rss(name)];
    const failures = (results.get(name) ?? []).reduce((sum, one) => sum + one.failures, 0);
    const ratio = (other: LoopName) => (c.median / cpu(other).median).toFixed(2);
    console.log(
      `${name.padEnd(10)}  CPU s/1000 ${c.median.toFixed(3)} (${c.min.toFixed(3)}–${c.max.toFixed(3)})` +
        `  × raw net ${ratio('raw net')}  × bare http ${ratio('bare http')}` +
        `  peak RSS MB ${r.median.toFixed(0)} (${r.min.toFixed(0)}–${r.max.toFixed(0)})  failures ${failures}`,
    );
  }
  console.log('aims: understudy ≤ 0.20 CPU s per 1000 probes, ≤ 90 MB');
}

await main();
