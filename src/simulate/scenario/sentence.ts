/** Finds the sentence of a table that a line is, or says where it stops making sense and what could stand there. */
import { Miss, matches, parsePattern } from './pattern.ts';
import type { Phrase } from './phrases.ts';
import type { Problems } from './problems.ts';
import { Found, SLOTS } from './slots.ts';
import type { Line, Word } from './text.ts';

export interface Sentence<P extends Phrase> {
  readonly phrase: P;
  readonly found: Found;
  /** Index of the first word that was not used: the comma, where one may follow, else the end. */
  readonly end: number;
}

/**
 * @param words of the line @param at index of the word to begin with
 * @param goesOn whether a comma may end this sentence
 * @param alternatives what could begin a sentence of another table here
 * @returns null after it has reported what is wrong
 */
export function readSentence<P extends Phrase>(
  table: readonly P[],
  line: Line,
  words: readonly Word[],
  at: number,
  problems: Problems,
  goesOn: (phrase: P) => boolean = () => false,
  alternatives: readonly string[] = [],
): Sentence<P> | null {
  const miss = new Miss();
  for (const phrase of table) {
    for (const { end, filled } of matches(parsePattern(phrase.pattern), words, at, miss)) {
      const next = words[end];
      if (next === undefined || (next.text === ',' && !next.quoted && goesOn(phrase)))
        return { phrase, found: new Found(filled), end };
      miss.note(end, goesOn(phrase) ? [',', 'the end of the line'] : ['the end of the line']);
    }
  }
  const others = miss.at === at ? alternatives : [];
  const allowed = [...others, ...[...miss.allowed].map(one => SLOTS[one]?.doc ?? one)];
  const word = words[miss.at];
  const last = words.at(-1) ?? line.words.at(-1);
  if (word !== undefined) problems.add(line.number, word, 'is not understood here', allowed);
  else {
    const column = last === undefined ? 1 : last.column + last.text.length + (last.quoted ? 2 : 0);
    problems.add(line.number, column, 'the sentence ends too early', allowed);
  }
  return null;
}
