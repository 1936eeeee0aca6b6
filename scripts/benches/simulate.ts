/**
 * (f) How fast virtual time goes: simulated hours of three services per CPU second, in this one process, checkers and all.
 * Once through quiet days, in which nothing happens but the looks themselves, and once through the wide seeds as
 * `understudy simulate` draws them, with their faults and the calm after them; beside them the dense seeds, of one service
 * that is in trouble all the time. What a second comes to depends on how often is looked: 5, 15 or 30 minutes apart in wide
 * seeds while all is well. The same seeds in each trial, so that two versions can be compared; the first three are not
 * counted, since the code is still being compiled in them, and people live through thousands.
 */
import { generate, shapeOf } from '../../src/simulate/generate.ts';
import { runScript } from '../../src/simulate/run.ts';
import type { Script } from '../../src/simulate/script.ts';
import { type Figure, spread } from './figures.ts';
import type { BenchOptions } from './options.ts';

const TRIALS_MOST = 5;
const WARMING_UP = 3;
const SEEDS = 24;
/** Length of the phase of faults of each seed. */
const HOURS = 12;
const HOUR_MS = 3_600_000;
const AIM = 200;

/** @returns simulated hours per CPU second */
async function speedOf(scripts: readonly Script[], calm: boolean): Promise<number> {
  const before = process.cpuUsage();
  let simulatedMs = 0;
  for (const script of scripts) simulatedMs += (await runScript(script, { calm })).simulatedMs;
  const { user, system } = process.cpuUsage(before);
  return simulatedMs / HOUR_MS / ((user + system) / 1e6);
}

export async function benchSimulate({ trials, progress }: BenchOptions): Promise<readonly Figure[]> {
  const seeds = Array.from({ length: 2 * SEEDS }, (_, at) => at + 1);
  const of = (shape: string) =>
    seeds.filter(seed => shapeOf(seed) === shape).map(seed => generate(seed, HOURS));
  const usual = of('wide');
  const quiet = usual.map(script => ({ ...script, happenings: [] }));
  // A sixth of them: an hour of theirs takes six times as long.
  const dense = of('dense').slice(0, SEEDS / 6);
  const found: Record<'quiet' | 'usual' | 'dense', number[]> = { quiet: [], usual: [], dense: [] };
  for (let trial = 1 - WARMING_UP; trial <= Math.min(trials, TRIALS_MOST); trial += 1) {
    progress(
      `f: ${trial < 1 ? 'warming up' : `trial ${trial}`}, ${SEEDS} seeds of ${HOURS} hours, three ways`,
    );
    const speeds = {
      quiet: await speedOf(quiet, false),
      usual: await speedOf(usual, true),
      dense: await speedOf(dense, true),
    };
    if (trial < 1) continue;
    found.quiet.push(speeds.quiet);
    found.usual.push(speeds.usual);
    found.dense.push(speeds.dense);
  }
  const figure = (name: string, samples: readonly number[], aim: number | null): Figure => {
    const all = spread(samples);
    return { bench: 'f', name, unit: 'h/s', spread: all, value: all.median, aim, better: 'more' };
  };
  return [
    figure('simulated per CPU second: nothing happens', found.quiet, AIM),
    figure('simulated per CPU second: faults and calm', found.usual, AIM),
    figure('simulated per CPU second: one service, in trouble all the time', found.dense, null),
  ];
}
