/** Evidence in memory: in the order of time whatever order it came in, cut by instant, dropped by age. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Sample } from '../../src/model/sample.ts';
import { EvidenceKept } from '../../src/store/evidence-kept.ts';
import { evidence, NO_EVIDENCE, sample } from './records.ts';

const ats = (items: readonly { readonly at: number }[]) => items.map(({ at }) => at);
const samplesAt = (...instants: readonly number[]): readonly Sample[] => instants.map(at => sample({ at }));

describe('store: the evidence in memory', () => {
  it('comes out oldest first, from the instant asked for on', () => {
    const kept = new EvidenceKept();
    kept.add({ ...NO_EVIDENCE, samples: samplesAt(30, 10) });
    kept.add({ ...NO_EVIDENCE, samples: samplesAt(20) });
    assert.deepEqual(ats(kept.since(0).samples), [10, 20, 30]);
    assert.deepEqual(ats(kept.since(20).samples), [20, 30]);
    assert.deepEqual(ats(kept.since(31).samples), []);
  });

  it('keeps each kind apart', () => {
    const kept = new EvidenceKept();
    kept.add(evidence(10));
    const { samples, references, hosts, zones, freshness } = kept.since(12);
    assert.deepEqual(
      [samples, references, hosts, zones, freshness].map(items => ats(items)),
      [[12], [12], [12], [12], [12]],
    );
    assert.deepEqual(kept.since(11).samples.length, 2);
  });

  it('keeps those of one instant in the order they came in', () => {
    const kept = new EvidenceKept();
    for (const probe of ['a', 'b', 'c']) kept.add({ ...NO_EVIDENCE, samples: [sample({ at: 5, probe })] });
    kept.add({ ...NO_EVIDENCE, samples: [sample({ at: 4, probe: 'before' })] });
    assert.deepEqual(
      kept.since(0).samples.map(({ probe }) => probe),
      ['before', 'a', 'b', 'c'],
    );
  });

  it('drops what is older, and hands out what later additions do not change', () => {
    const kept = new EvidenceKept();
    kept.add({ ...NO_EVIDENCE, samples: samplesAt(10, 20, 30) });
    const before = kept.since(0).samples;
    kept.drop(20);
    kept.add({ ...NO_EVIDENCE, samples: samplesAt(25) });
    assert.deepEqual(ats(kept.since(0).samples), [20, 25, 30]);
    assert.deepEqual(ats(before), [10, 20, 30]);
  });

  it('is a stable sort and a cut, whatever comes', () => {
    const pieces = fc.array(fc.array(fc.nat({ max: 20 }), { maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.nat({ max: 21 }), (batches, since) => {
        const kept = new EvidenceKept();
        let count = 0;
        const all = batches.map(batch => batch.map(at => sample({ at, tookMs: (count += 1) })));
        for (const samples of all) kept.add({ ...NO_EVIDENCE, samples });
        const wanted = all.flat().sort((a, b) => a.at - b.at);
        assert.deepEqual(
          kept.since(since).samples,
          wanted.filter(({ at }) => at >= since),
        );
      }),
    );
  });
});
