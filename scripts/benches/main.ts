/**
 * The figures that the project holds itself to, as ratios in one run where the machine's speed would decide otherwise.
 * Started by start.mjs; each bench says in its own file how it measures.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, line, reached } from './figures.ts';
import { benchJournal } from './journal.ts';
import type { BenchOptions } from './options.ts';
import { benchProbes } from './probes.ts';
import { benchRecovery } from './recovery.ts';
import { benchSimulate } from './simulate.ts';
import { benchTick } from './tick.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const MOST_TRIALS = 1000;

interface Request {
  readonly wanted: ReadonlySet<string>;
  readonly trials: number;
  readonly seed: number;
  readonly json: boolean;
}

/** @returns what is asked for, or what is wrong with the words */
function requestOf(argv: readonly string[]): Request | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find(word => !LETTERS.some(letter => letter === word));
  if (unknown !== undefined) return `there is no bench "${unknown}": ${LETTERS.join(', ')}`;
  const trials = Number(values.trials);
  if (!Number.isInteger(trials) || trials < 1 || trials > MOST_TRIALS)
    return `--trials is a whole number from 1 to ${MOST_TRIALS}`;
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) return '--seed is a whole number from 0';
  const wanted = new Set<string>(positionals.length === 0 ? LETTERS : positionals);
  return { wanted, trials, seed, json: values.json };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      trials: { type: 'string', default: '20' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
}

/**
 * @param argv the words after `scripts/bench`
 * @returns the exit status: 0 all aims reached, 1 an aim missed, 2 wrong usage
 */
export async function main(
  argv: readonly string[],
  places: Pick<BenchOptions, 'program' | 'helpers'>,
): Promise<number> {
  const request = requestOf(argv);
  if (typeof request === 'string') {
    console.error(`${request}; see ./scripts/bench --help`);
    return 2;
  }
  const { wanted, trials, seed, json } = request;
  const load = () =>
    loadavg()
      .map(value => value.toFixed(2))
      .join(' ');
  const before = load();
  const options: BenchOptions = { ...places, trials, seed, progress: text => console.error(text) };
  const figures: Figure[] = [];
  if (!json) console.log('median, or what is said in brackets [least … median … most, samples]');
  const take = async (letters: string, bench: () => Promise<readonly Figure[]>) => {
    if (![...letters].some(letter => wanted.has(letter))) return;
    const found = await bench();
    figures.push(...found);
    // At once: what has been measured in minutes must not be lost by what comes after it.
    if (!json) for (const figure of found) console.log(line(figure));
  };
  await take('a', () => benchTick(options));
  await take('bc', () => benchRecovery(options, wanted));
  await take('d', () => benchProbes(options));
  await take('e', () => benchJournal(options));
  await take('f', () => benchSimulate(options));
  const run = { node: process.version, arch: process.arch, seed, trials, load: { before, after: load() } };
  if (json)
    console.log(
      JSON.stringify({ ...run, figures: figures.map(figure => ({ ...figure, reached: reached(figure) })) }),
    );
  else
    console.log(
      `seed ${seed}, ${trials} trials, Node ${run.node} on ${run.arch}, load before ${before}, after ${run.load.after}`,
    );
  return figures.some(figure => reached(figure) === false) ? 1 : 0;
}
