/** What the benches share: a median with its spread, and one figure with its aim as data and as a line of text. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** @param samples at least one; the median of an even count is the mean of the middle two */
export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const half = sorted.length / 2;
  const median = (at(Math.ceil(half) - 1) + at(Math.floor(half))) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), count: sorted.length };
}

/** The share of the way from best to worst: 0.9 is the value that nine of ten stay below. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface Figure {
  /** `a` to `f`, as the command line names it. */
  readonly bench: string;
  readonly name: string;
  readonly unit: '×' | 's' | 'ms' | 'MB' | '%' | 'h/s';
  readonly spread: Spread;
  /** What is compared with the aim: usually the median. */
  readonly value: number;
  /** At most this much, or at least where more is better; null: told for its own sake. */
  readonly aim: number | null;
  readonly better?: 'more';
  /** How `value` was made of the samples, where it is not their median. */
  readonly of?: 'worst' | 'ratio of medians' | 'shift of the median';
}

/** Three figures that count, whatever the size. */
export function short(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export function reached({ aim, value, better }: Figure): boolean | null {
  if (aim === null) return null;
  return better === 'more' ? value >= aim : value <= aim;
}

/** @returns one line: name, value, spread, aim and whether it was reached */
export function line(figure: Figure): string {
  const { bench, name, unit, spread: all, value, aim, of, better } = figure;
  const bound = better === 'more' ? '≥' : '≤';
  const verdict =
    aim === null ? '' : `   aim ${bound} ${aim} ${unit}: ${reached(figure) ? 'reached' : 'MISSED'}`;
  const values = `${short(value)} ${unit}${of === undefined ? '' : ` (${of})`}`;
  const range = `[${short(all.min)} … ${short(all.median)} … ${short(all.max)}, n=${all.count}]`;
  return `(${bench}) ${name.padEnd(46)} ${values.padEnd(26)} ${range}${verdict}`;
}
