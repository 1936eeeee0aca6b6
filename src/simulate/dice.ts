/**
 * The only randomness of a simulation. Each purpose gets dice of its own, drawn from the seed and a name, so that one
 * more throw in one place does not change what falls in every other (and a fault that is taken out while a story is
 * shrunk leaves the others where they were).
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError for an empty list */
  pick<T>(list: readonly T[]): T;
  /** Dice of their own, fixed by this seed and the name alone, however often these were thrown. */
  child(name: string): Dice;
}

/** @param seed any whole number */
export function createDice(seed: number): Dice {
  const generator = xoroshiro128plus(seed | 0);
  // The first numbers of neighbouring seeds are alike.
  for (let skip = 0; skip < 4; skip += 1) generator.next();
  const next = () => (generator.next() >>> 0) / 0x1_0000_0000;
  return {
    next,
    int: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: probability => next() < probability,
    pick: list => {
      const item = list[Math.floor(next() * list.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    child: name => createDice(mix(seed, name)),
  };
}

/** FNV-1a over the seed and the name: 32 bits that differ when either does. */
function mix(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${name}`) {
    hash ^= char.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return hash | 0;
}
