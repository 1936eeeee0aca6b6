/**
 * The simulator's eyes are tested by giving it wrong programs. Usually those that few seeds catch, in the nightly run all
 * of them; every time that each patch still changes what it is meant to change, and that the right program passes.
 */
import assert from 'node:assert/strict';
import { transform } from 'esbuild';
import { patchedFiles, search } from './harness.ts';
import { boundOf, complaint, FIRST_SEED, HOURS, LIMIT_MS, readGolden, survey } from './table.ts';
import { applied, type Variant } from './variant.ts';
import { VARIANTS } from './variants/index.ts';

const NIGHTLY = process.env.UNDERSTUDY_NIGHTLY === '1';
/** Usually only variants with a bound of no more seeds than this are run. */
const USUAL_BOUND = 8;
const USUAL_MOST = 8;
/** Of invariants, by their numbers in the design. */
const INVARIANTS = Array.from({ length: 12 }, (_, index) => index + 1);

const bounds = new Map(readGolden().map(bound => [bound.variant, bound]));

function boundFor({ name }: Variant): number {
  return bounds.get(name)?.seeds ?? 0;
}

function chosen(): readonly Variant[] {
  if (NIGHTLY) return VARIANTS;
  const quick = VARIANTS.filter(variant => boundFor(variant) > 0 && boundFor(variant) <= USUAL_BOUND);
  // Spread over the rooms, so that no room goes unwatched between two nights.
  const step = Math.max(1, quick.length / USUAL_MOST);
  return quick.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

describe('planted faults: the patches', () => {
  for (const variant of VARIANTS) {
    it(`${variant.name} still applies`, async () => {
      for (const [file, text] of patchedFiles(variant)) {
        // Types may be wrong; a text that is no program at all would prove nothing.
        await transform(text, { loader: 'ts', sourcefile: file, logLevel: 'silent' });
      }
    });
  }

  it('have names of their own, and there are at least 26', () => {
    const names = VARIANTS.map(variant => variant.name);
    assert.deepEqual([...new Set(names)], names);
    assert.ok(names.length >= 26, `${names.length}`);
    for (const name of names) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it('together break every invariant', () => {
    const broken = new Set(VARIANTS.flatMap(variant => variant.breaks));
    assert.deepEqual(
      INVARIANTS.filter(number => !broken.has(number)),
      [],
    );
  });

  it('a text that stands nowhere, or twice, is refused', () => {
    const patch = { file: 'src/a.ts', find: 'one', replace: 'two' };
    assert.equal(applied(patch, 'just one.'), 'just two.');
    assert.throws(() => applied(patch, 'nothing'), /src\/a\.ts: found 0 times: one/);
    assert.throws(() => applied(patch, 'one and one'), /found 2 times/);
  });

  it('a bound leaves at least twice the room', () => {
    assert.deepEqual([1, 2, 3, 5, 64, 65].map(boundOf), [2, 4, 8, 16, 128, 256]);
  });
});

describe('planted faults: the simulator', () => {
  it('caught.golden speaks of these variants only, and at night of each of them', () => {
    assert.deepEqual(
      [...bounds.keys()].filter(name => !VARIANTS.some(variant => variant.name === name)),
      [],
    );
    const without = VARIANTS.filter(variant => boundFor(variant) === 0).map(variant => variant.name);
    if (NIGHTLY) assert.deepEqual(without, [], 'run UPDATE_GOLDEN=1 ./scripts/planted NAME …');
    assert.ok(chosen().length > 0);
  });

  it('a variant is complained about when it survives, is late, or is caught for another reason', () => {
    const variant: Variant = { name: 'x', breaks: [4], sentence: '', patches: [] };
    const caught = (seeds: number, invariant: number) => ({
      variant,
      outcome: { caught: { seeds, seed: seeds, invariant, sentence: 'said' } },
    });
    assert.equal(complaint(caught(8, 4), 8), null);
    assert.equal(complaint({ ...caught(8, 0), variant: { ...variant, breaks: [9] } }, 8), null);
    assert.match(complaint(caught(9, 4), 8) ?? '', /took 9 seeds, 8 are allowed/);
    assert.match(complaint(caught(1, 9), 8) ?? '', /breaks invariant 4, and 9 spoke: said/);
    assert.match(complaint({ variant, outcome: { survived: 'why' } }, 8) ?? '', /x was not caught: why/);
  });

  it('the code as it is passes where the wrong ones are caught', async function () {
    this.timeout(LIMIT_MS + 60_000);
    const most = Math.max(...chosen().map(boundFor), 1);
    const outcome = await search(null, { from: FIRST_SEED, most, hours: HOURS, limitMs: LIMIT_MS });
    assert.deepEqual(outcome, { survived: `nothing was seen in ${most} seeds of ${HOURS} h` });
  });

  it(`${NIGHTLY ? 'all' : 'those that few seeds catch'} are caught within their bounds`, async function () {
    this.timeout(VARIANTS.length * LIMIT_MS);
    const variants = chosen();
    const most = Math.max(...variants.map(boundFor), 1);
    const rows = await survey(variants, { most });
    assert.deepEqual(
      rows.flatMap(row => complaint(row, boundFor(row.variant)) ?? []),
      [],
    );
  });
});
