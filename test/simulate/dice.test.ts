/** The only randomness: fixed by seed and name, and even enough. */
import assert from 'node:assert/strict';
import { createDice } from '../../src/simulate/dice.ts';

const throws = (seed: number, most = 8) => {
  const dice = createDice(seed);
  return Array.from({ length: most }, () => dice.next());
};

describe('simulate: dice', () => {
  it('the same seed falls the same way, another seed otherwise', () => {
    assert.deepEqual(throws(7), throws(7));
    assert.notDeepEqual(throws(7), throws(8));
  });

  it('a child does not depend on how often its parent was thrown', () => {
    const fresh = createDice(3).child('fate');
    const parent = createDice(3);
    parent.next();
    assert.equal(parent.child('fate').next(), fresh.next());
    assert.notEqual(createDice(3).child('other').next(), createDice(3).child('fate').next());
  });

  it('whole numbers reach both ends and nothing beyond', () => {
    const dice = createDice(1);
    const seen = new Set(Array.from({ length: 500 }, () => dice.int(-2, 2)));
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [-2, -1, 0, 1, 2],
    );
  });

  it('chances come about as often as they say', () => {
    const dice = createDice(5);
    const hits = Array.from({ length: 4000 }, () => dice.chance(0.25)).filter(Boolean).length;
    assert.ok(hits > 900 && hits < 1100, `${hits} of 4000`);
  });

  it('picks from a list, and refuses an empty one', () => {
    const dice = createDice(9);
    const seen = new Set(Array.from({ length: 100 }, () => dice.pick(['a', 'b', 'c'])));
    assert.equal(seen.size, 3);
    assert.throws(() => dice.pick([]), RangeError);
  });
});
