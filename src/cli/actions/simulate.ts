/** The work of `simulate`: what is asked for is one of seeds, a seed, scenario files, or the words of these. */
import { vocabulary } from '../../simulate/scenario/vocabulary.ts';
import { generate } from '../../simulate/generate.ts';
import { withOnly } from '../../simulate/shrink.ts';
import { tellStory } from '../../simulate/story.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, UsageError } from '../io.ts';
import { happeningLines, storyText, vocabularyText } from '../render/simulate.ts';
import { Progress } from '../render/simulate-progress.ts';
import { clean, narrow } from '../render/text.ts';
import { simulateFiles } from './simulate-files.ts';
import { simulateSeeds } from './simulate-seeds.ts';
import { workSeeds } from './simulate-worker.ts';

export interface SimulateOptions {
  readonly seeds?: string;
  readonly from?: string;
  readonly hours?: string;
  readonly jobs?: string;
  readonly stopAtFirst?: boolean;
  readonly cover?: boolean;
  readonly seed?: string;
  readonly only?: string;
  readonly full?: boolean;
  readonly trace?: string;
  readonly words?: boolean;
  readonly json?: boolean;
  readonly worker?: boolean;
}

/** What goes with what. Anything else would be ignored, and taken for done. */
const TOGETHER = {
  '--seeds': ['from', 'hours', 'jobs', 'stopAtFirst', 'cover', 'worker'],
  '--seed': ['hours', 'only', 'full'],
  '--words': [],
  'scenario files': ['trace'],
} as const satisfies Record<string, readonly (keyof SimulateOptions)[]>;
type Wish = keyof typeof TOGETHER;
const EXTRAS = ['from', 'hours', 'jobs', 'stopAtFirst', 'cover', 'only', 'full', 'trace'] as const;

/** Dice take 32 bits of a seed. */
const SEED_MOST = 2 ** 31 - 1;
/** A month: longer nights are better told by more seeds. */
const HOURS_MOST = 720;

/** @throws UsageError */
export async function simulateWith(
  given: Io,
  files: readonly string[],
  options: SimulateOptions,
): Promise<ExitCode> {
  // A worker whose parent died must not go on for hours, nor thirty scenarios for `| head`.
  const io: Io = { ...given, stop: AbortSignal.any([given.stop, given.unheard]) };
  const { trace } = options;
  const json = options.json === true;
  refuseStray(files, options);
  if (options.words === true) {
    io.out(json ? `${JSON.stringify(vocabulary())}\n` : vocabularyText(vocabulary()));
    return EXIT.ok;
  }
  if (files.length > 0) return simulateFiles(io, files, { json, ...(trace === undefined ? {} : { trace }) });
  const hours = number('--hours', options.hours ?? '8', 0.5, HOURS_MOST);
  if (options.seed !== undefined) return simulateSeed(io, options.seed, hours, options);
  const from = whole('--from', options.from ?? '1', 0, SEED_MOST);
  const count = whole('--seeds', options.seeds ?? '', 1, SEED_MOST);
  if (count > SEED_MOST - from)
    throw new UsageError(`--seeds ${count} is too many: from ${from} on there are ${SEED_MOST - from}`);
  if (options.worker === true) return workSeeds(io, { from, count, hours });
  const jobs = options.jobs === undefined ? io.cores : whole('--jobs', options.jobs, 1, 256);
  const { stopAtFirst = false, cover = false } = options;
  return simulateSeeds(io, { from, count, hours, jobs, stopAtFirst, cover, json });
}

/** @throws UsageError for more or less than one wish, or for an option that goes with another */
function refuseStray(files: readonly string[], options: SimulateOptions): void {
  const { seeds, seed, words } = options;
  const wishes: readonly Wish[] = [
    ...(files.length > 0 ? (['scenario files'] as const) : []),
    ...(seeds === undefined ? [] : (['--seeds'] as const)),
    ...(seed === undefined ? [] : (['--seed'] as const)),
    ...(words === true ? (['--words'] as const) : []),
  ];
  const goes = (wish: Wish, option: string) => TOGETHER[wish].some(one => one === option);
  for (const option of wishes.length > 1 ? [] : EXTRAS) {
    if (options[option] === undefined || wishes.some(wish => goes(wish, option))) continue;
    const partners = (Object.keys(TOGETHER) as Wish[]).filter(wish => goes(wish, option));
    const flag = option.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${flag} goes with ${partners.join(' or ')}; see --help`);
  }
  if (wishes.length !== 1)
    throw new UsageError('say one of: --seeds N, --seed S, --words, or scenario files; see --help');
}

async function simulateSeed(
  io: Io,
  given: string,
  hours: number,
  { only, full, json }: SimulateOptions,
): Promise<ExitCode> {
  const seed = whole('--seed', given, 0, SEED_MOST);
  const all = generate(seed, hours);
  const numbers = only === undefined ? null : numbersOf(only, all.happenings.length);
  const script = numbers === null ? all : withOnly(all, numbers);
  const most = full === true ? Number.POSITIVE_INFINITY : undefined;
  const progress = new Progress(io, systemClock.monotonic);
  const { violation, lines, interruptedAt, struck } = await tellStory(script, {
    hours,
    numbers,
    isOver: () => io.stop.aborted,
    onProgress: at => progress.tell(() => `seed ${seed}: ${Math.floor(at / 3_600_000)} simulated hours`),
    ...(most === undefined ? {} : { most }),
  });
  progress.end();
  const interrupted = interruptedAt !== null;
  const listed = happeningLines(all, numbers, struck, interruptedAt);
  io.out(
    json === true
      ? `${JSON.stringify({ seed, hours, only: numbers, interrupted, violation, happenings: listed, story: lines })}\n`
      : `${listed.map(narrow).join('\n')}\n\n${storyText(lines)}\n`,
  );
  if (violation !== null) return EXIT.failed;
  return interrupted ? EXIT.declined : EXIT.ok;
}

/** @param most how many happenings the seed has */
function numbersOf(text: string, most: number): readonly number[] {
  if (text === 'none') return [];
  return text.split(',').map(one => whole('--only', one.trim(), 1, most));
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = number(option, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`${option} "${clean(text)}" is not a whole number`);
}

function number(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} "${clean(text)}" is not a number from ${least} to ${most}`);
}
