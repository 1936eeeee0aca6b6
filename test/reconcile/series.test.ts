/** Samples as a watch keeps them: by series, in the order of time, thinned to what still says something. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Sample } from '../../src/model/sample.ts';
import { AllSeries, telling } from '../../src/reconcile/series.ts';

function sample(at: number, change: Partial<Sample> = {}): Sample {
  return {
    service: 'web',
    site: 'home',
    probe: 'http',
    family: 'v4',
    vantage: 'local',
    at,
    tookMs: 1,
    ok: true,
    ...change,
  };
}

const ats = (samples: readonly Sample[]) => samples.map(({ at }) => at);
/** `+` is well, `-` fails, one a second. */
const drawn = (text: string) => Array.from(text, (mark, at) => sample(at * 1000, { ok: mark === '+' }));
const MEASURE = { grainMs: 10_000, failureGrainMs: 7000, failuresSince: 450_000, streakMost: 20 };

describe('watch: the series', () => {
  it('keep each series in the order of time, whatever order it comes in', () => {
    const all = new AllSeries([sample(30), sample(10)]);
    all.add(sample(20));
    assert.deepEqual(ats(all.ofSite('home')), [10, 20, 30]);
    all.add(sample(20, { tookMs: 2 }));
    assert.deepEqual(
      all.ofSite('home').map(({ tookMs }) => tookMs),
      [1, 1, 2, 1],
    );
  });

  it('tell a site’s samples apart from those of others, and see what was added since', () => {
    const all = new AllSeries([sample(1), sample(2, { site: 'away' })]);
    assert.deepEqual([ats(all.ofSite('home')), ats(all.ofSite('away')), all.length], [[1], [2], 2]);
    all.add(sample(3, { site: 'away', family: 'v6' }));
    assert.deepEqual([ats(all.ofSite('home')), ats(all.ofSite('away'))], [[1], [2, 3]]);
    assert.deepEqual([...ats(all.all)].sort(), [1, 2, 3]);
    assert.deepEqual(all.ofSite('nowhere'), []);
  });

  it('say whether all are from a span', () => {
    const all = new AllSeries([sample(10), sample(50, { probe: 'smtp' })]);
    assert.deepEqual(
      [all.isWithin(10, 50), all.isWithin(11, 50), all.isWithin(10, 49)],
      [true, false, false],
    );
    assert.equal(new AllSeries([]).isWithin(1, 2), true);
  });

  it('lose what is too old or of a clock that was ahead, and a series that is empty then', () => {
    const all = new AllSeries([sample(10), sample(20), sample(5, { site: 'away' }), sample(900)]);
    all.thin(15, 100, MEASURE);
    assert.deepEqual([ats(all.all), ats(all.ofSite('away')), all.length], [[20], [], 1]);
  });

  const others: readonly Partial<Sample>[] = [
    { probe: 'smtp' },
    { family: 'v6' },
    { vantage: 'far' },
    { site: 'away' },
  ];
  for (const other of others)
    it(`are thinned series by series: a failure says nothing of ${JSON.stringify(other)}`, () => {
      const all = new AllSeries([]);
      for (let at = 0; at < 9; at += 1) {
        all.add(sample(at * 1000));
        all.add(sample(at * 1000, { ...other, ok: false }));
      }
      all.thin(0, 100_000, MEASURE);
      assert.deepEqual(ats(all.all.filter(({ ok }) => ok)), [0, 8000]);
      assert.equal(all.all.filter(({ ok }) => !ok).length, 9);
    });
});

describe('watch: what of a series is kept', () => {
  it('of successes the first, one a grain and the last', () => {
    assert.deepEqual(ats(telling(drawn('+'.repeat(26)), MEASURE)), [0, 10_000, 20_000, 25_000]);
  });

  it('where it turns, both sides of the turn', () => {
    const kept = telling(drawn('++++---++++'), MEASURE).map(({ at, ok }) => `${at / 1000}${ok ? '+' : '-'}`);
    for (const edge of ['0+', '3+', '4-', '6-', '7+', '10+'])
      assert.ok(kept.includes(edge), `${edge} of ${kept.join()}`);
  });

  it('of a long streak of failures the first, both ends of each grain that counts, and the newest', () => {
    const kept = ats(telling(drawn(`+${'-'.repeat(500)}`), MEASURE)).map(at => at / 1000);
    const grains = [454, 455, 461, 462, 468, 469, 475, 476];
    const newest = Array.from({ length: 20 }, (_, nth) => 481 + nth);
    assert.deepEqual(kept, [0, 1, ...grains, ...newest]);
  });

  it('says the same: first, last, every turn, and the latest failures of the streak are always there', () => {
    const marks = fc.string({ unit: fc.constantFrom('+', '+', '-'), minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(marks, text => {
        const before = drawn(text);
        const kept = telling(before, MEASURE);
        const turns = (samples: readonly Sample[]) =>
          samples.filter((one, index) => samples[index - 1]?.ok !== one.ok).map(({ at, ok }) => [at, ok]);
        assert.deepEqual(turns(kept), turns(before));
        assert.deepEqual([kept[0], kept.at(-1)], [before[0], before.at(-1)]);
        assert.deepEqual(telling(kept, MEASURE), kept, 'what was thinned once stays as it is');
        const streak = /-*$/.exec(text)?.[0].length ?? 0;
        const latest = Math.min(streak, 20);
        assert.deepEqual(kept.slice(kept.length - latest), before.slice(before.length - latest));
      }),
    );
  });
});
