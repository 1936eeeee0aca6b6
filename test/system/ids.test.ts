import assert from 'node:assert/strict';
import { isEpochToken } from '../../src/model/epoch.ts';
import { randomIds } from '../../src/system/ids.ts';

describe('random ids', () => {
  it('say what they name, fit the epoch record and are all different', () => {
    const ids = Array.from({ length: 5000 }, () => randomIds.next('r'));
    for (const id of ids) assert.match(id, /^r-[0-9a-hjkmnp-tv-z]{12}$/);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(isEpochToken(randomIds.next('p')));
  });

  it('use every letter at every place', () => {
    const ids = Array.from({ length: 5000 }, () => randomIds.next('n'));
    for (let place = 2; place < 14; place += 1)
      assert.equal(new Set(ids.map(id => id[place])).size, 32, `${place}`);
  });
});
