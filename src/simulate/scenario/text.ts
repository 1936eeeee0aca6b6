/**
 * A scenario file as words with their places. A blank ends a word, a comma is a word of its own, "quotes" keep blanks, and
 * `#` at the start of a word begins a comment. Nothing is understood here.
 */

export interface Word {
  readonly text: string;
  /** Stood in quotes: text, never a word of the language. */
  readonly quoted: boolean;
  /** From 1. */
  readonly column: number;
}

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly words: readonly Word[];
  /** As it was written, without comment and surrounding blanks. */
  readonly source: string;
  /** Column of a quote that nothing closes; null when all is well. */
  readonly openQuote: number | null;
}

/** More than this is no story that a person tells. */
export const MAX_LINES = 2_000;
const WORD = /(\s*)(?:(#.*)|"([^"]*)("?)|(,)|([^\s,"]+))/gy;

/** @returns the lines that hold words; comments and empty lines are left out */
export function linesOf(text: string): readonly Line[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((raw, index) => readLine(raw, index + 1))
    .filter(line => line.words.length > 0 || line.openQuote !== null);
}

function readLine(raw: string, number: number): Line {
  const words: Word[] = [];
  let openQuote: number | null = null;
  let end = 0;
  for (const match of raw.matchAll(WORD)) {
    const [whole, blank = '', comment, quoted, closing, comma, bare] = match;
    if (comment !== undefined) break;
    const column = match.index + blank.length + 1;
    words.push({ text: quoted ?? comma ?? bare ?? '', quoted: quoted !== undefined, column });
    if (quoted !== undefined && closing === '') openQuote = column;
    end = match.index + whole.length;
  }
  return { number, words, source: raw.slice(0, end).trim(), openQuote };
}

/** @returns the comment that a file begins with, a line each, without `#` */
export function openingComment(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (!line.startsWith('#')) break;
    lines.push(line.replace(/^#\s?/, ''));
  }
  return lines;
}
