/**
 * The form of what people read in a terminal at 03:00: 80 columns, aligned, times as UTC and as an age. Text of others
 * (a reason, a banner, command output) is made one harmless line before it gets to a terminal.
 */
import pc from 'picocolors';
import { duration, instant, plain } from '../../announce/plain.ts';

export const COLUMNS = 80;

export type Paint = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim' | 'red' | 'yellow' | 'green'>;

/** @param on colours only where a person reads: `io.isTerminal` */
export function painter(on: boolean): Paint {
  return pc.createColors(on);
}

/** Long enough for any sentence of ours; what others wrote is cut there. */
const LONGEST_BYTES = 2_000;

// what moves a cursor or sets a colour (ECMA-48, 5.4) is what is meant
const SEQUENCE = /\u001b\[[0-?]*[ -/]*[@-~]/g;

/** @returns one line without control characters; unlike a notice it may start with `/` or `#`, since no relay reads it */
export function clean(text: string): string {
  // The guard keeps `plain` from eating the start: `/usr/bin/x` is a path here.
  return plain(`|${text.replaceAll(SEQUENCE, '')}`, LONGEST_BYTES)
    .slice(1)
    .trim();
}

/** @param at ms since the epoch @returns `12 min ago`, `in 2 h`, `just now` */
export function ago(at: number, now: number): string {
  const since = now - at;
  if (Math.abs(since) < 1_000) return 'just now';
  return since > 0 ? `${duration(since)} ago` : `in ${duration(-since)}`;
}

/** @param at ms since the epoch @returns `2026-11-23 02:35:10Z (12 min ago)` */
export function when(at: number, now: number): string {
  return `${instant(at)} (${ago(at, now)})`;
}

/**
 * Breaks at spaces; a word longer than a line stays whole, so that a path or a command can be copied.
 * @param first stands before the first line @param rest before the others
 */
export function wrap(text: string, first: string, rest: string = ' '.repeat(width(first))): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && width(line) + 1 + width(word) > COLUMNS) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}

/** What begins a line of an account: a number, a mark, a time, and blanks. */
const LEAD = /^[\s·!]*(?:\d{1,3}\s+)?(?:(?:day \d+ )?\d{2}:\d{2}\S*\s+)?/;

/** @returns the line wrapped under its own text: behind its number and its time, or two columns in when it has none */
export function narrow(line: string): string {
  if (width(line) <= COLUMNS) return line;
  const [lead = ''] = LEAD.exec(line) ?? [];
  const under = lead.trim() === '' ? width(lead) + 2 : width(lead);
  return wrap(line.slice(lead.length), lead, ' '.repeat(under));
}

/** A labelled line of a block: `  hold       ada until …`, wrapped under its own text. */
export function field(label: string, text: string, at = 13): string {
  return wrap(text, `  ${label}`.padEnd(at), ' '.repeat(at));
}

/** Columns that the text takes, colour codes left out. */
function width(text: string): number {
  return Array.from(text.replaceAll(SEQUENCE, '')).length;
}

/** Pads by what is seen, so that a coloured cell lines up with plain ones. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** @returns `3 runs`, `1 run` */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
