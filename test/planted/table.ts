/**
 * The table of planted faults: who was caught by which invariant, after how many seeds. It is kept as a golden file of
 * bounds with room for change: a change of the generator or of the code moves the seeds about, and only a variant that
 * needs more than twice as many as it did (rounded up) says that the simulator sees less than it used to.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Catch, type Outcome, ROOT, search, type Search } from './harness.ts';
import type { Variant } from './variant.ts';

const GOLDEN = join(ROOT, 'test/planted/caught.golden');

/** As a seed is run everywhere here. */
export const HOURS = 2;
export const FIRST_SEED = 1;
/** A variant that this many seeds do not catch has survived. */
export const SEEDS_MOST = 512;
/** Where a wrong program hangs, it is not waited for longer, ms. */
export const LIMIT_MS = 900_000;

export interface Bound {
  readonly variant: string;
  readonly invariant: number;
  /** Most seeds that it may take. */
  readonly seeds: number;
}

export interface Row {
  readonly variant: Variant;
  readonly outcome: Outcome;
}

/** @returns twice the next power of two */
export function boundOf(seeds: number): number {
  return 2 * 2 ** Math.ceil(Math.log2(seeds));
}

/** @returns what is wrong with the outcome, or null: caught, by an invariant that it breaks, within the bound */
export function complaint({ variant, outcome }: Row, most: number): string | null {
  if ('survived' in outcome) return `${variant.name} was not caught: ${outcome.survived}`;
  const { seeds, invariant, sentence } = outcome.caught;
  // 0: it does not come to rest when all is healed, the second half of 9.
  if (!variant.breaks.includes(invariant === 0 ? 9 : invariant))
    return `${variant.name} breaks invariant ${variant.breaks.join(' or ')}, and ${invariant} spoke: ${sentence}`;
  return seeds <= most ? null : `${variant.name} took ${seeds} seeds, ${most} are allowed`;
}

/** Searches for all of them, two at a time: one is mostly on its own core. @param onRow called as each comes in */
export async function survey(
  variants: readonly Variant[],
  options: Partial<Search>,
  onRow: (row: Row) => void = () => {},
): Promise<readonly Row[]> {
  const how = { from: FIRST_SEED, most: SEEDS_MOST, hours: HOURS, limitMs: LIMIT_MS, ...options };
  const rows = new Map<Variant, Row>();
  const waiting = [...variants];
  const work = async () => {
    for (let variant = waiting.shift(); variant !== undefined; variant = waiting.shift()) {
      const row = { variant, outcome: await search(variant, how) };
      rows.set(variant, row);
      onRow(row);
    }
  };
  await Promise.all([work(), work()]);
  return variants.flatMap(variant => rows.get(variant) ?? []);
}

/** One line a variant, for people. */
export function line({ variant, outcome }: Row): string {
  const [by, seeds, said] =
    'caught' in outcome ? columns(outcome.caught) : ['-', '-', `SURVIVED: ${outcome.survived}`];
  return `${variant.name.padEnd(40)} ${by.padStart(4)} ${seeds.padStart(6)}  ${said}`;
}

export const HEAD = `${'variant'.padEnd(40)} ${'by'.padStart(4)} ${'seeds'.padStart(6)}  what was seen`;

function columns({ invariant, seeds, sentence }: Catch): readonly [string, string, string] {
  return [String(invariant), String(seeds), sentence];
}

export function readGolden(): readonly Bound[] {
  if (!existsSync(GOLDEN)) return [];
  const lines = readFileSync(GOLDEN, 'utf8').split('\n');
  return lines
    .filter(text => text !== '' && !text.startsWith('#'))
    .map(text => {
      const [variant = '', invariant, seeds] = text.split(/\s+/);
      return { variant, invariant: Number(invariant), seeds: Number(seeds) };
    });
}

/** Keeps the bounds of variants that `rows` does not name, so that one of them can be measured anew. */
export function writeGolden(rows: readonly Row[], variants: readonly Variant[]): void {
  const known = new Map(readGolden().map(bound => [bound.variant, bound]));
  for (const { variant, outcome } of rows) {
    if (!('caught' in outcome)) continue;
    const { invariant, seeds } = outcome.caught;
    known.set(variant.name, { variant: variant.name, invariant, seeds: boundOf(seeds) });
  }
  const lines = variants.flatMap(({ name }) => {
    const bound = known.get(name);
    return bound === undefined ? [] : [`${name.padEnd(40)} ${bound.invariant}`.padEnd(46) + bound.seeds];
  });
  writeFileSync(GOLDEN, `# variant, invariant that caught it, most seeds it may take\n${lines.join('\n')}\n`);
}
