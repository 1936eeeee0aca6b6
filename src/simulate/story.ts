/**
 * The minimal story of a violation: which seed, who and what there is, the events that matter for the services concerned,
 * the sentence that was violated, and the one command that lives through it again. Short enough to be read at once.
 */
import { formatDuration } from '../config/duration.ts';
import type { Service, Site } from '../model/service.ts';
import type { Event } from './events.ts';
import { createCheckers } from './invariants/index.ts';
import { type RunOptions, runScript, type Violation } from './run.ts';
import type { Cast, Happening, Script, StationCast } from './script.ts';
import { Teller, type Told } from './telling.ts';

export interface StoryOptions {
  /** What was asked of the generator; the seed is the script's. */
  readonly hours: number;
  /** Places of the script's happenings among those of the seed, from 1; null: it has all of them. */
  readonly numbers: readonly number[] | null;
  /** No more lines than that; default 60. */
  readonly most?: number;
  /** Default: those of the twelve invariants. */
  readonly checkers?: RunOptions['checkers'];
  /** Asked after each event: true ends the story there. */
  readonly isOver?: () => boolean;
  /** Called at each event, with ms since the beginning. */
  readonly onProgress?: (at: number) => void;
}

export interface Story {
  readonly violation: Violation | null;
  /** Those of the script's happenings that came; one that waits for a run, and no run begins, never does. */
  readonly struck: ReadonlySet<Happening>;
  /** Where it was ended by `isOver`, ms since the beginning; null: it was lived to its end. */
  readonly interruptedAt: number | null;
  readonly lines: readonly string[];
}

/** Lines of a story, and letters of one; whoever prints them wraps them. */
const MOST_LINES = 60;
const MOST_COLUMNS = 160;
const RESTS = 'After everything is healed the system comes to rest by itself within the bound.';

/** Runs the script once more, and tells what happened. */
export async function tellStory(script: Script, options: StoryOptions): Promise<Story> {
  const teller = new Teller(script.cast);
  const told: Told[] = [];
  const struck = new Set<Happening>();
  const { isOver = () => false, onProgress = () => {} } = options;
  const { violations, simulatedMs } = await runScript(script, {
    isOver,
    onEvent: (event: Event) => {
      onProgress(event.at);
      if (event.kind === 'happening') struck.add(event.scripted ?? event.happening);
      told.push(...teller.tell(event));
    },
    ...(options.checkers === undefined ? {} : { checkers: options.checkers }),
  });
  const [violation = null] = violations;
  const interruptedAt = violation === null && isOver() ? simulatedMs : null;
  const concerned = concernedBy(violation, script.cast, teller);
  const head = [
    ...titleOf(script, violation, options, interruptedAt),
    '',
    ...castLines(script.cast, concerned),
    '',
  ];
  const end = ['', `Replay: ${replayCommand(script.seed, options.hours, options.numbers)}`];
  const matter = told.filter(
    ({ services }) => services.length === 0 || services.some(name => concerned.includes(name)),
  );
  const room = (options.most ?? MOST_LINES) - head.length - end.length;
  return { violation, struck, interruptedAt, lines: [...head, ...fitted(matter, room), ...end] };
}

/** @returns the command that runs this seed again with only these happenings */
export function replayCommand(seed: number, hours: number, numbers: readonly number[] | null): string {
  const only = numbers === null ? '' : ` --only ${numbers.length === 0 ? 'none' : numbers.join(',')}`;
  return `understudy simulate --seed ${seed} --hours ${hours}${only}`;
}

/** @returns services that the sentence names, itself or by a run of theirs; all, when it names none */
function concernedBy(violation: Violation | null, { settings }: Cast, teller: Teller): readonly string[] {
  const words = new Set(violation?.sentence.match(/[\w-]+/g) ?? []);
  const runs = new Set([...words].map(word => teller.serviceOf(word)));
  const all = settings.services.map(service => service.name);
  const named = all.filter(name => words.has(name) || runs.has(name));
  return named.length === 0 ? all : named;
}

function titleOf(
  { seed, cast, happenings }: Script,
  violation: Violation | null,
  { hours, numbers, checkers }: StoryOptions,
  interruptedAt: number | null,
): readonly string[] {
  const kept = numbers === null ? `all ${happenings.length}` : numbers.join(', ') || 'none';
  const where = `seed ${seed}, ${hours} h of faults, happenings: ${kept}`;
  if (interruptedAt !== null)
    return [where, `Interrupted at ${clockTime(interruptedAt)}; no invariant is violated up to there.`];
  if (violation === null) return [where, 'No invariant is violated.'];
  const { invariant, sentence, at } = violation;
  const all = (checkers ?? createCheckers)(cast);
  const general = all.find(checker => checker.invariant === invariant)?.sentence ?? RESTS;
  return [
    `${where}: invariant ${invariant} is violated at ${clockTime(at)}`,
    `  ${general}`,
    ...inLines(sentence).map(line => `  ! ${line}`),
  ];
}

function castLines(cast: Cast, concerned: readonly string[]): readonly string[] {
  const services = cast.settings.services.filter(service => concerned.includes(service.name));
  const world = [
    `mode ${cast.settings.mode}`,
    `DNS spreads in ${formatDuration(cast.propagationMs)}`,
    `power takes ${formatDuration(cast.powerMs)}`,
    ...(cast.latencyMs > 0 ? [`answers take up to ${cast.latencyMs} ms`] : []),
    ...(cast.unguardedDns === true ? ['DNS cannot tie a change to the epoch'] : []),
  ];
  return [...services.map(serviceLine), ...cast.stations.map(stationLine), world.join(', ')];
}

function serviceLine({ name, sites, probes, thresholds, blockWindowMs, stateless }: Service): string {
  const asked = probes.map(probe => `${probe.id}${probe.required ? '' : '?'}`).join('+');
  const limits = `${thresholds.failures} failures in ${formatDuration(thresholds.failingForMs)}`;
  const window = `block window ${formatDuration(blockWindowMs)}`;
  return `${name}${stateless ? ' (stateless)' : ''}: ${sites.map(siteWords).join(' · ')} · ${asked}, ${limits}, ${window}`;
}

function siteWords({ name, provider, server, fence, addresses, maxLagMs }: Site): string {
  const families = Object.keys(addresses).join('+');
  const lag = maxLagMs === null ? '' : `, lag ≤ ${formatDuration(maxLagMs)}`;
  return `${name} (${server ?? 'a machine'} at ${provider ?? 'nobody'}, ${families}, ${fence.method}${lag})`;
}

function stationLine({ name, runner, offsetMs }: StationCast): string {
  const way =
    runner === null
      ? 'runs nothing'
      : runner.way === 'cron'
        ? `cron every ${formatDuration(runner.everyMs)}, up to ${formatDuration(runner.latenessMs)} late`
        : `daemon, again after ${formatDuration(runner.restartMs)}`;
  const off = `${Math.abs(offsetMs) / 1000} s ${offsetMs < 0 ? 'behind' : 'ahead'}`;
  const clock = offsetMs === 0 ? '' : `, clock ${off}`;
  return `station ${name}: ${way}${clock}`;
}

/** @returns the happenings, and of the rest what is new and the last of it, as many lines as there is room for */
function fitted(all: readonly Told[], room: number): readonly string[] {
  if (all.length <= room) return all.map(lineOf);
  const told = withoutRefrain(all);
  const fates = told.filter(one => one.fate).slice(-Math.floor(room / 2));
  const others = told.filter(one => !one.fate);
  const kept = new Set([...fates, ...others.slice(-(room - fates.length - 1))]);
  const gap = `… ${all.length - kept.size} lines are left out, from here on and between; with --full all are told`;
  const first = all.findIndex(one => !kept.has(one));
  return all.flatMap((one, index) => [
    ...(index === first ? [gap] : []),
    ...(kept.has(one) ? [lineOf(one)] : []),
  ]);
}

/** What was said twice, but for its numbers, says nothing new the third time. */
function withoutRefrain(told: readonly Told[]): readonly Told[] {
  const times = new Map<string, number>();
  return told.filter(({ text, fate }) => {
    const words = text.replace(/\d+/g, '#');
    const before = times.get(words) ?? 0;
    times.set(words, before + 1);
    return fate || before < 2;
  });
}

function lineOf({ at, text }: Told): string {
  return cut(`${clockTime(at)} ${text}`, MOST_COLUMNS);
}

/** @param at ms since the beginning @returns `02:13:05.250` */
function clockTime(at: number): string {
  const ms = Math.round(at);
  const two = (number: number) => String(number).padStart(2, '0');
  const seconds = `${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
  return `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${seconds}`;
}

/** The sentence itself is told in full, or nearly so. */
function inLines(text: string): readonly string[] {
  const width = MOST_COLUMNS - 4;
  const pieces = Math.min(6, Math.ceil(text.length / width));
  return Array.from({ length: pieces }, (_, index) => text.slice(index * width, (index + 1) * width));
}

function cut(text: string, columns: number): string {
  const line = text.replaceAll('\n', ' ');
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}
