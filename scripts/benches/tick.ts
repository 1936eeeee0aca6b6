/**
 * (a) What cron pays every minute: a healthy tick with six HTTP probes and a warm state file, against an empty script.
 * Round by round, so that a slow moment of the machine falls on both; each round once bare for the wall time and once
 * metered for CPU and memory. The ratio is taken of the medians.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorld } from '../../src/sandbox/world.ts';
import { type Figure, spread } from './figures.ts';
import type { BenchOptions } from './options.ts';

const PROBES = 6;
const AIM = 3.3;

interface Cost {
  readonly wallMs: number[];
  readonly cpuMs: number[];
  readonly peakMb: number[];
}

type Env = Readonly<Record<string, string | undefined>>;

async function timed(stopwatch: ChildProcess, args: readonly string[], env: Env): Promise<number> {
  stopwatch.send({ args, env });
  const [{ wallMs, status, complaint }] = await once(stopwatch, 'message');
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${complaint}`);
  return wallMs;
}

async function measure(
  stopwatch: ChildProcess,
  args: readonly string[],
  env: Env,
  meter: { readonly preload: string; readonly file: string },
  cost: Cost,
): Promise<void> {
  cost.wallMs.push(await timed(stopwatch, args, env));
  writeFileSync(meter.file, '');
  await timed(stopwatch, ['--require', meter.preload, ...args], { ...env, METER_FILE: meter.file });
  const { cpuMs, peakMb } = JSON.parse(readFileSync(meter.file, 'utf8'));
  cost.cpuMs.push(cpuMs);
  cost.peakMb.push(peakMb);
}

export async function benchTick({
  trials,
  program,
  helpers,
  progress,
}: BenchOptions): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'us-bench-tick-'));
  const world = await startWorld({ folder });
  const stopwatch = fork(join(helpers, 'stopwatch.cjs'), { execArgv: [] });
  const names = ['empty script', 'tick', 'tick that asks the APIs'] as const;
  const costs = Object.fromEntries(
    names.map(name => [name, { wallMs: [], cpuMs: [], peakMb: [] }]),
  ) as unknown as Record<(typeof names)[number], Cost>;
  try {
    const { port } = world.primary;
    const probes = Array.from({ length: PROBES }, (_, at) => ({
      kind: 'http',
      id: `http-${at}`,
      port,
      families: ['v4'],
    }));
    const configFor = (slow: string) =>
      world.writeConfig({
        service: {
          probes,
          pace: { interval: '1s', fast: '250ms', standby: slow, providers: slow, stale: '24h' },
        },
      });
    const empty = join(folder, 'empty.cjs');
    writeFileSync(empty, '');
    const env = { ...process.env, ...world.env, UNDERSTUDY_CONFIG: world.configFile };
    const meter = { preload: join(helpers, 'meter.cjs'), file: join(folder, 'meter') };
    configFor('100ms');
    await timed(stopwatch, [program, 'tick'], env);
    for (let round = 0; round < trials; round += 1) {
      progress(`tick, round ${round + 1} of ${trials}`);
      await measure(stopwatch, [empty], env, meter, costs['empty script']);
      configFor('12h');
      await measure(stopwatch, [program, 'tick'], env, meter, costs.tick);
      // Shorter than any two ticks are apart, so that every question is due.
      configFor('100ms');
      await measure(stopwatch, [program, 'tick'], env, meter, costs['tick that asks the APIs']);
    }
  } finally {
    stopwatch.disconnect();
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return figures(costs);
}

function figures(costs: Readonly<Record<string, Cost>>): readonly Figure[] {
  const all: Figure[] = [];
  const units = { wallMs: 'ms', cpuMs: 'ms', peakMb: 'MB' } as const;
  const words = { wallMs: 'wall', cpuMs: 'CPU', peakMb: 'peak memory' } as const;
  for (const key of ['wallMs', 'cpuMs', 'peakMb'] as const) {
    const base = costs['empty script']?.[key] ?? [];
    for (const [name, cost] of Object.entries(costs)) {
      const own = spread(cost[key]);
      all.push({
        bench: 'a',
        name: `${name}, ${words[key]}`,
        unit: units[key],
        spread: own,
        value: own.median,
        aim: null,
      });
      if (cost[key] === base) continue;
      all.push({
        bench: 'a',
        name: `${name} ÷ empty script, ${words[key]}`,
        unit: '×',
        spread: spread(cost[key].map((value, at) => value / (base[at] ?? Number.NaN))),
        value: own.median / spread(base).median,
        of: 'ratio of medians',
        aim: name === 'tick' && key === 'wallMs' ? AIM : null,
      });
    }
  }
  return all;
}
