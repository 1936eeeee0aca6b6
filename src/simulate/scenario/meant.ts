/** What people write for what the language says: told as "did you mean", since no single word of it is misspelt. */
import { CONDITIONS } from './conditions.ts';
import { SETUP } from './setup.ts';
import type { Line, Word } from './text.ts';

const isWord = (text: string) => /^[a-z]+$/.test(text);
const firstWords = (patterns: readonly { readonly pattern: string }[]) =>
  new Set(patterns.flatMap(({ pattern }) => pattern.split(' ', 1)).filter(isWord));
const EXPECTED = firstWords(CONDITIONS);
const SET_UP = firstWords(SETUP);

/** @param line that begins neither with `at` nor with `expect` @returns how it was meant to begin; null when that is not plain */
export function unspoken({ words: [first] }: Line): string | null {
  if (first === undefined || first.quoted || SET_UP.has(first.text)) return null;
  const { text } = first;
  if (/^(\d{1,2}:\d\d(:\d\d)?|\+\d+\w*|day)$/.test(text)) return `at ${text}`;
  if (EXPECTED.has(text)) return `expect ${text}`;
  const spaced = text.replaceAll('_', ' ');
  if (spaced === text) return null;
  return SETUP.some(({ pattern }) => pattern.startsWith(`${spaced} `)) ? spaced : null;
}

/** @returns the word of `expect … notice WORD` that wants quotes; null when there is none */
export function unquoted(words: readonly Word[]): Word | null {
  const [expect] = words;
  const at = words.findIndex(({ text, quoted }) => text === 'notice' && !quoted);
  const next = words[at + 1];
  if (expect?.text !== 'expect' || at < 1 || at > 2 || next === undefined || next.quoted) return null;
  return next;
}
