/**
 * The notation in which the language is written down, and the matcher for it. A pattern reads like the sentence it stands
 * for: `the api of API [is|answers] API_FAULT [for DURATION]`. Small letters are words to be written, `|` parts words of
 * which any will do, capitals are slots (slots.ts), square brackets mean "may be left out". One string is grammar,
 * documentation and error message at once, so the three cannot differ.
 */
import { fitsSlot, SLOTS } from './slots.ts';
import type { Word } from './text.ts';

export type Node =
  | { readonly is: 'word'; readonly words: readonly string[] }
  | { readonly is: 'slot'; readonly name: string }
  | { readonly is: 'optional'; readonly nodes: readonly Node[] };

/** What a slot was filled with: one word, or several for a list. */
export interface Filled {
  readonly slot: string;
  readonly words: readonly Word[];
}

/** Where matching got stuck, and what could have stood there. Of many attempts the furthest counts. */
export class Miss {
  at = 0;
  readonly allowed = new Set<string>();

  note(at: number, allowed: readonly string[]): void {
    if (at < this.at) return;
    if (at > this.at) this.allowed.clear();
    this.at = at;
    for (const one of allowed) this.allowed.add(one);
  }
}

const parsed = new Map<string, readonly Node[]>();

/** @throws RangeError for a slot that is not known or a bracket without its fellow: a mistake in a table */
export function parsePattern(pattern: string): readonly Node[] {
  const known = parsed.get(pattern);
  if (known !== undefined) return known;
  const open: Node[][] = [[]];
  for (const token of pattern.match(/[[\]]|[^\s[\]]+/g) ?? []) {
    if (token === '[') open.push([]);
    else if (token === ']') {
      const nodes = open.pop() ?? [];
      open.at(-1)?.push({ is: 'optional', nodes });
    } else open.at(-1)?.push(leaf(token));
  }
  const [nodes] = open;
  if (nodes === undefined || open.length !== 1) throw new RangeError(`brackets of "${pattern}"`);
  parsed.set(pattern, nodes);
  return nodes;
}

function leaf(token: string): Node {
  if (!/^[A-Z_]+$/.test(token)) return { is: 'word', words: token.split('|') };
  if (!Object.hasOwn(SLOTS, token)) throw new RangeError(`no slot is called ${token}`);
  return { is: 'slot', name: token };
}

export interface Match {
  /** Index of the first word that was not used. */
  readonly end: number;
  readonly filled: readonly Filled[];
}

/** @returns every way in which the words from `at` on can be read as the pattern, the longest optional parts first */
export function* matches(
  nodes: readonly Node[],
  words: readonly Word[],
  at: number,
  miss: Miss,
  filled: readonly Filled[] = [],
): Generator<Match> {
  const [node, ...rest] = nodes;
  if (node === undefined) {
    yield { end: at, filled };
  } else if (node.is === 'optional') {
    yield* matches([...node.nodes, ...rest], words, at, miss, filled);
    yield* matches(rest, words, at, miss, filled);
  } else if (node.is === 'word') {
    const word = words[at];
    if (word !== undefined && !word.quoted && node.words.includes(word.text))
      yield* matches(rest, words, at + 1, miss, filled);
    else miss.note(at, node.words);
  } else {
    const taken = take(node.name, words, at, miss);
    if (taken.length > 0) {
      const entry = { slot: node.name, words: taken.filter(word => !isSeparator(word)) };
      yield* matches(rest, words, at + taken.length, miss, [...filled, entry]);
    }
  }
}

function isSeparator(word: Word | undefined): boolean {
  return word !== undefined && !word.quoted && (word.text === ',' || word.text === 'and');
}

/** @returns the words that fill the slot, separators of a list among them; none when it does not fit */
function take(slot: string, words: readonly Word[], at: number, miss: Miss): readonly Word[] {
  const fits = (index: number) => {
    const word = words[index];
    return word !== undefined && fitsSlot(slot, word);
  };
  if (!fits(at)) {
    miss.note(at, SLOTS[slot]?.words ?? [slot]);
    return [];
  }
  let end = at + 1;
  if (SLOTS[slot]?.list === true) while (isSeparator(words[end]) && fits(end + 1)) end += 2;
  return words.slice(at, end);
}

/** @returns every word of the language that the pattern asks for: to suggest the nearest */
export function wordsOf(nodes: readonly Node[]): readonly string[] {
  return nodes.flatMap(node =>
    node.is === 'word'
      ? node.words
      : node.is === 'optional'
        ? wordsOf(node.nodes)
        : (SLOTS[node.name]?.words ?? []),
  );
}
