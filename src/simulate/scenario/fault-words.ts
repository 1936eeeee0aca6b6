/**
 * What the coverage counts (`command fence hangs`, `box-off`) in the words of scenario files, so that a row of the table
 * can be written down and lived through. The sentence is the grammar's own pattern, with what is known put in its place.
 */
import { HAPPENINGS } from './happenings.ts';
import { type Node, parsePattern } from './pattern.ts';
import { PROBE_FAILS, SITE_FAILS, SLOTS } from './slots.ts';

const MOVES: readonly string[] = ['failover', 'switchover'];
/** What the code calls a thing, by what one says of it. */
const SAID = Object.entries({ ...SITE_FAILS, ...PROBE_FAILS });

/** @param name as `faultName` gives it @returns the sentence, with slots for what was not counted; null for a name of no kind */
export function faultInWords(name: string): string | null {
  const [head = '', ...details] = name.split(' ');
  const kind = MOVES.includes(head) ? 'order' : head;
  const phrase = HAPPENINGS.find(
    one => one.kind === kind && (kind !== 'order' || one.pattern.includes(` ${head} `)),
  );
  if (phrase === undefined) return null;
  const left = [...details];
  const sentence = written(parsePattern(phrase.pattern), left);
  return left.length === 0 ? sentence : null;
}

/** @param left what is known and has no place yet; taken from as it finds one */
function written(nodes: readonly Node[], left: string[]): string {
  const parts = nodes.map(node => {
    if (node.is === 'word') return node.words[0] ?? '';
    if (node.is === 'slot') return filled(node.name, left);
    const before = left.length;
    const inside = written(node.nodes, left);
    return left.length < before ? inside : '';
  });
  return parts.filter(part => part !== '').join(' ');
}

function filled(slot: string, left: string[]): string {
  const words: string[] = [];
  for (let word = sayIn(slot, left[0]); word !== null; word = sayIn(slot, left[0])) {
    left.shift();
    words.push(word);
    if (SLOTS[slot]?.list !== true) break;
  }
  return words.length === 0 ? slot : words.join(', ');
}

/** @returns the word of the language for it; null when it does not go into the slot */
function sayIn(slot: string, detail: string | undefined): string | null {
  if (detail === undefined) return null;
  // A hoster has a name of its own in each night; what is counted is whether it was one.
  if (slot === 'API') return detail;
  const isMeant = (word: string) =>
    word === detail || SAID.some(([said, code]) => said === word && code === detail);
  return SLOTS[slot]?.words?.find(isMeant) ?? null;
}
