/**
 * When each line happens. A file is read from top to bottom and time only goes on: `02:13` is the next such time, `+5m` is
 * counted from the line before, `day 3 02:13` is said in full, and a line without a time happens with the one before it.
 */
import { parseDuration } from '../../config/duration.ts';
import type { Problems } from './problems.ts';
import { clockMs } from './setup.ts';
import type { Line, Word } from './text.ts';

/** A line that says when something happens or what is expected. */
export interface Timed {
  readonly line: Line;
  /** What stands behind the time. */
  readonly words: readonly Word[];
  /** ms since the beginning. */
  readonly at: number;
}

const DAY_MS = 86_400_000;
/** Before the first thing happens everything has been looked at once. */
const LEAD_MS = 10 * 60_000;
/** A time of day that is so far off may be meant for earlier the same day; past midnight it is less. */
const JUMP_MS = 12 * 3_600_000;

/** A story is at most so long: what takes a year is told by its nights. */
export const MOST_DAYS = 99;
export const LONGEST_MS = MOST_DAYS * DAY_MS;

export function isTimed({ words: [first] }: Line): boolean {
  return first !== undefined && !first.quoted && (first.text === 'at' || first.text === 'expect');
}

export interface Times {
  readonly timed: readonly Timed[];
  /** ms since midnight of day 1; below zero when the beginning lies on the evening before. */
  readonly beginsMs: number;
  /** Lines that were taken for the next day, which their writer may not have meant; a sentence each. */
  readonly jumps: readonly string[];
}

/** @param beginsMs as the file says, null when it does not */
export function readTimes(lines: readonly Line[], beginsMs: number | null, problems: Problems): Times {
  const [first] = lines.flatMap(line => (line.words[0]?.text === 'at' ? [line] : []));
  const begins = beginsMs ?? begin(first);
  let now = begins;
  const jumps: string[] = [];
  const timed = lines.map(line => {
    if (line.words[0]?.text === 'expect') return { line, words: line.words, at: now - begins };
    const { at, used } = readTime(line, now, problems);
    const [, word] = line.words;
    if (word !== undefined && used === 1 && !word.text.startsWith('+') && at - now > JUMP_MS)
      jumps.push(`line ${line.number}: ${word.text} is taken for the next day, since time only goes on`);
    now = at;
    return { line, words: line.words.slice(1 + used), at: at - begins };
  });
  return { timed, beginsMs: begins, jumps };
}

function begin(first: Line | undefined): number {
  const [, time, number, clock] = first?.words ?? [];
  const day = time?.text === 'day' ? Number(number?.text) : 1;
  const text = (time?.text === 'day' ? clock?.text : time?.text) ?? '';
  const ms = clockMs(text);
  return ms === null || !Number.isInteger(day) ? 0 : (day - 1) * DAY_MS + ms - LEAD_MS;
}

/** @returns ms since midnight of day 1, and how many words it took */
function readTime(
  line: Line,
  now: number,
  problems: Problems,
): { readonly at: number; readonly used: number } {
  const [, word, second, third] = line.words;
  const wrong = (at: Word | undefined, used: number) => {
    const message = 'is not a time: write 02:13, 02:13:30, +5m or day 3 02:13';
    problems.add(line.number, at ?? (line.words.at(-1)?.column ?? 1) + 3, message);
    return { at: now, used };
  };
  if (word === undefined) return wrong(word, 0);
  if (word.text.startsWith('+')) return { at: now + later(line, word, problems), used: 1 };
  if (word.text === 'day') {
    const clock = clockMs(third?.text ?? '');
    if (second === undefined || !/^[1-9]\d*$/.test(second.text)) return wrong(second, 2);
    if (Number(second.text) > MOST_DAYS) {
      problems.add(line.number, second, 'is too many days', [`day 1 to day ${MOST_DAYS}`]);
      return { at: now, used: 3 };
    }
    if (clock === null) return wrong(third, 3);
    const at = (Number(second.text) - 1) * DAY_MS + clock;
    if (at >= now) return { at, used: 3 };
    problems.add(line.number, second, 'lies before the line above: time only goes on');
    return { at: now, used: 3 };
  }
  const clock = clockMs(word.text);
  if (clock === null) return wrong(word, 1);
  const today = Math.floor(now / DAY_MS) * DAY_MS + clock;
  return { at: today >= now ? today : today + DAY_MS, used: 1 };
}

function later(line: Line, word: Word, problems: Problems): number {
  try {
    return parseDuration(word.text.slice(1));
  } catch (error) {
    problems.add(line.number, word, error instanceof Error ? error.message : String(error));
    return 0;
  }
}

/** @returns whether a time of day alone leaves open which day is meant: it passes midnight twice, or takes a whole day */
export function needsDays(beginsMs: number, lengthMs: number): boolean {
  const midnights = Math.floor((beginsMs + lengthMs) / DAY_MS) - Math.floor(beginsMs / DAY_MS);
  return midnights > 1 || lengthMs > DAY_MS;
}

/** @returns an instant of the scenario as its file would write it: `02:13:05`, with days `day 3 02:13:05` */
export function tellTime(at: number, beginsMs: number, withDays: boolean): string {
  const ms = beginsMs + at;
  const inDay = ((ms % DAY_MS) + DAY_MS) % DAY_MS;
  const seconds = Math.floor(inDay / 1000);
  const two = (number: number) => String(number).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return withDays ? `day ${Math.floor(ms / DAY_MS) + 1} ${clock}` : clock;
}
