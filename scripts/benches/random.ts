/** Chance that can be had again: the seed is printed with the figures. */

/** mulberry32: small, and even enough to choose moments. @returns numbers from 0 up to 1 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One random moment in each of `count` equal parts of a period, in random order: as chance would have it, but without the
 * luck of a few draws in the median.
 * @returns shares of the period, from 0 up to 1
 */
export function phases(count: number, random: () => number): readonly number[] {
  const all = Array.from({ length: count }, (_, at) => (at + random()) / count);
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [here, there] = [all[at] ?? 0, all[other] ?? 0];
    all[at] = there;
    all[other] = here;
  }
  return all;
}
