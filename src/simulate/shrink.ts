/**
 * From a violation to the few happenings that it needs: some are left away, the rest is run again, and what still violates
 * the same invariant goes on (delta debugging after Zeller: halves first, then ever smaller pieces, one by one at last).
 * Dice are thrown apart for each purpose, so what is left away does not change what else falls.
 */
import { type Outcome, runScript, type Violation } from './run.ts';
import type { Script } from './script.ts';

export interface Shrunk {
  /** With the happenings that are left. */
  readonly script: Script;
  /** Their places among those of the script as it was, from 1: what `--only` takes. */
  readonly numbers: readonly number[];
  /** As it came with these. */
  readonly violation: Violation;
  /** So often was it run. */
  readonly runs: number;
}

export interface ShrinkOptions {
  /** No more runs than that; default 120. */
  readonly mostRuns?: number;
  /** Asked before and during each run: true ends the search with what there is. */
  readonly isOver?: () => boolean;
  /** Default: runScript. */
  readonly run?: (script: Script) => Promise<Outcome>;
}

/** @returns the script with only these happenings; numbers from 1, others than there are do nothing */
export function withOnly(script: Script, numbers: readonly number[]): Script {
  const wanted = new Set(numbers);
  return { ...script, happenings: script.happenings.filter((_, index) => wanted.has(index + 1)) };
}

/** @param violation what the whole script came to */
export async function shrink(
  script: Script,
  violation: Violation,
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  const search = new Search(script, violation, options);
  // What comes after it cannot have brought it about.
  const all = script.happenings.map((_, index) => index + 1);
  const before = all.filter(number => (script.happenings[number - 1]?.at ?? 0) <= violation.at);
  let numbers: readonly number[] =
    before.length < all.length && (await search.violates(before)) ? before : all;
  for (let pieces = 2; numbers.length > 0;) {
    const smaller = await search.withoutOnePiece(numbers, pieces);
    if (smaller !== null) {
      numbers = smaller;
      pieces = Math.max(2, Math.min(pieces - 1, numbers.length));
    } else if (pieces >= numbers.length || search.isOver) break;
    else pieces = Math.min(numbers.length, pieces * 2);
  }
  return { script: withOnly(script, numbers), numbers, violation: search.last, runs: search.runs };
}

class Search {
  runs = 0;
  /** Of the smallest script so far. */
  last: Violation;
  readonly #script: Script;
  readonly #invariant: number;
  readonly #options: ShrinkOptions;

  constructor(script: Script, violation: Violation, options: ShrinkOptions) {
    this.#script = script;
    this.#invariant = violation.invariant;
    this.#options = options;
    this.last = violation;
  }

  get isOver(): boolean {
    return this.runs >= (this.#options.mostRuns ?? 120) || this.#options.isOver?.() === true;
  }

  /** @returns the first that still violates it when one of so many pieces is left away; null: none does */
  async withoutOnePiece(numbers: readonly number[], pieces: number): Promise<readonly number[] | null> {
    const size = Math.ceil(numbers.length / pieces);
    // From the end: the last happenings are the likeliest to have nothing to do with it.
    for (let start = (Math.ceil(numbers.length / size) - 1) * size; start >= 0; start -= size) {
      const rest = numbers.filter((_, index) => index < start || index >= start + size);
      if (await this.violates(rest)) return rest;
    }
    return null;
  }

  async violates(numbers: readonly number[]): Promise<boolean> {
    if (this.isOver) return false;
    this.runs += 1;
    const { isOver = () => false } = this.#options;
    const run = this.#options.run ?? (part => runScript(part, { isOver }));
    const { violations } = await run(withOnly(this.#script, numbers));
    const same = violations.find(({ invariant }) => invariant === this.#invariant);
    if (same !== undefined) this.last = same;
    return same !== undefined;
  }
}
