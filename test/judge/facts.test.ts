/** The observation boiled down: which family speaks where several do. */
import assert from 'node:assert/strict';
import { factsOf } from '../../src/judge/facts.ts';
import type { FamilyObservation } from '../../src/model/observation.ts';
import type { Family } from '../../src/model/sample.ts';
import { makeService } from '../lab/service.ts';

function family(name: Family, patch: Partial<FamilyObservation> = {}): FamilyObservation {
  return {
    family: name,
    essential: name === 'v4',
    published: true,
    state: 'ok',
    observer: 'online',
    blocked: false,
    okForMs: 100_000,
    probes: [],
    ...patch,
  };
}

const facts = (
  families: readonly FamilyObservation[],
  essential: readonly Family[] = ['v4'],
  epochs = { epoch: 3, maxEpoch: 3 },
  warnings: readonly string[] = [],
) => factsOf(makeService({ essential }), families, epochs, warnings);

const both: readonly Family[] = ['v4', 'v6'];
const essential = { essential: true };

describe('facts', () => {
  it('all well', () => {
    assert.deepEqual(facts([family('v4'), family('v6')]), {
      control: 'ok',
      observer: 'online',
      essential: 'ok',
      other: 'ok',
      withdrawn: 'none',
      lock: 'none',
      warnings: 'none',
    });
  });

  it('a lower epoch than the highest ever seen is a rollback, an equal one is not', () => {
    assert.equal(facts([family('v4')], ['v4'], { epoch: 2, maxEpoch: 3 }).control, 'rolled-back');
    assert.equal(facts([family('v4')], ['v4'], { epoch: 3, maxEpoch: 3 }).control, 'ok');
  });

  it('the worst of the essential families speaks', () => {
    const order = ['down', 'failing', 'degraded', 'suspect', 'no-data', 'ok'] as const;
    for (const [index, worse] of order.entries())
      for (const better of order.slice(index)) {
        const seen = [family('v4', { state: better }), family('v6', { state: worse, ...essential })];
        assert.equal(facts(seen, both).essential, worse, `${worse} over ${better}`);
      }
  });

  it('a site that lacks an essential family has no data in it', () => {
    assert.equal(facts([family('v4')], both).essential, 'no-data');
    assert.equal(facts([family('v6', essential)], ['v6']).essential, 'ok');
    assert.equal(
      facts([family('v6')], []).essential,
      'no-data',
      'none is essential: nothing is known, and nothing done',
    );
  });

  it('a family that is not essential: none, when it is not there or not published', () => {
    assert.equal(facts([family('v4')]).other, 'none');
    assert.equal(facts([family('v4'), family('v6', { published: false, state: 'down' })]).other, 'none');
    assert.equal(facts([family('v4'), family('v6', { state: 'down' })]).other, 'down');
  });

  it('nothing is claimed of it while our own way out in it is not proven', () => {
    for (const observer of ['offline', 'unproven'] as const) {
      assert.equal(facts([family('v4'), family('v6', { state: 'down', observer })]).other, 'no-data');
      assert.equal(facts([family('v4'), family('v6', { state: 'ok', observer })]).other, 'ok');
    }
  });

  it('our own network is asked for where something essential fails', () => {
    const seen = (v4: Partial<FamilyObservation>, v6: Partial<FamilyObservation>) =>
      facts([family('v4', v4), family('v6', { ...essential, ...v6 })], both).observer;
    assert.equal(seen({}, {}), 'online');
    assert.equal(seen({ observer: 'offline' }, {}), 'offline');
    assert.equal(seen({ state: 'down', observer: 'unproven' }, {}), 'unproven');
    assert.equal(seen({ state: 'ok', observer: 'unproven' }, { state: 'down' }), 'online');
    assert.equal(
      facts([family('v4'), family('v6', { observer: 'offline', state: 'down' })]).observer,
      'online',
    );
  });

  it('a lock explains only the families that fail', () => {
    const lock = (
      v4: Partial<FamilyObservation>,
      v6: Partial<FamilyObservation>,
      of: readonly Family[] = ['v4'],
    ) => facts([family('v4', v4), family('v6', { essential: of.includes('v6'), ...v6 })], of).lock;
    assert.equal(lock({ blocked: true }, {}), 'essential', 'nothing fails: a warning');
    assert.equal(lock({ blocked: true, state: 'failing' }, {}), 'essential');
    assert.equal(lock({}, { blocked: true, state: 'down' }), 'other');
    assert.equal(lock({}, { blocked: true, published: false }), 'none');
    assert.equal(lock({ blocked: null }, { blocked: null }), 'none');
    assert.equal(
      lock({ blocked: true }, { state: 'failing' }, both),
      'none',
      'v4 answers under its flag; v6 fails',
    );
    assert.equal(lock({ blocked: true, state: 'failing' }, { state: 'failing' }, both), 'essential');
    assert.equal(
      lock({ blocked: true }, { state: 'down' }, both),
      'none',
      'the same when v6 is down for long',
    );
  });

  it('a withdrawn family returns when it is well, unlocked, and has been for long enough', () => {
    const withdrawn = (patch: Partial<FamilyObservation>) =>
      facts([family('v4'), family('v6', { published: false, ...patch })]).withdrawn;
    assert.equal(withdrawn({ okForMs: 60_000 }), 'returned');
    assert.equal(withdrawn({ okForMs: 59_999 }), 'away');
    assert.equal(withdrawn({ blocked: true }), 'away');
    assert.equal(withdrawn({ blocked: null }), 'returned');
    assert.equal(withdrawn({ state: 'failing' }), 'away');
    const two = [family('v4', { published: false }), family('v6', { published: false, okForMs: 0 })];
    assert.equal(facts(two).withdrawn, 'away', 'one of two is back');
  });

  it('warnings: some or none', () => {
    assert.equal(facts([family('v4')], ['v4'], { epoch: 1, maxEpoch: 1 }, ['x']).warnings, 'some');
  });
});
