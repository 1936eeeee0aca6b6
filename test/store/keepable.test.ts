/** What the store in memory keeps is what JSON would give back, and nobody can change it afterwards. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keepable } from '../../src/store/keepable.ts';

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

describe('store: what is kept without a file', () => {
  const ODD: readonly (readonly [string, () => unknown])[] = [
    ['a key that is undefined', () => ({ a: 1, b: undefined })],
    ['undefined in a list', () => ({ list: [1, undefined, 3] })],
    ['a function, a symbol', () => ({ f: () => 1, s: Symbol('x'), list: [() => 1, Symbol('y')] })],
    ['numbers that are none', () => ({ nan: Number.NaN, list: [Number.POSITIVE_INFINITY, 1] })],
    ['a date', () => ({ at: { when: new Date(5) } })],
    [
      'what says itself how it is written',
      () => ({ secret: { toJSON: () => ({ hidden: undefined, shown: 1 }) } }),
    ],
    ['something odd deep inside', () => ({ a: [{ b: { c: [undefined] } }], d: { e: 1 } })],
  ];
  for (const [what, make] of ODD)
    it(`is as JSON has it: ${what}`, () => {
      const kept = keepable(make());
      assert.deepEqual(kept, throughJson(make()));
      assert.ok(isFrozen(kept));
    });

  it('is as JSON has it for anything that can be written, frozen through and through', () => {
    const value = fc.object({
      values: [
        fc.string(),
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constant(undefined),
      ],
    });
    fc.assert(
      fc.property(value, one => {
        // -0 is written as 0; no record tells them apart.
        const wanted = throughJson(one);
        const kept = keepable(structuredClone(one));
        assert.deepEqual(throughJson(kept), wanted);
        assert.ok(isFrozen(kept));
      }),
      { numRuns: 300 },
    );
  });

  it('has no key that was undefined: `in` would tell it from what comes back from the file', () => {
    assert.deepEqual(Object.keys(Object(keepable({ a: undefined, b: 1 }))), ['b']);
  });

  it('refuses what cannot be written', () => {
    assert.throws(() => keepable({ n: 1n }), TypeError);
  });
});
