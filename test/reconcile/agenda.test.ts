/** What a round looks at: the idle cost, and everything at once when something fails. */
import assert from 'node:assert/strict';
import type { Family, ReferenceSample, Sample } from '../../src/model/sample.ts';
import type { Evidence } from '../../src/model/state.ts';
import { agendaOf, type Depth } from '../../src/reconcile/agenda.ts';
import { NO_EVIDENCE } from '../../src/reconcile/watch.ts';
import { makeService, makeSettings, makeSite } from '../lab/service.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const service = makeService({
  sites: [
    makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' } }),
    makeSite('away', { freshness: { argv: ['lag'], limitMs: 1000 } }),
    makeSite('cold', { provider: null, server: null, addresses: { v4: '127.0.0.13' } }),
  ],
});
const { references } = makeSettings(service);

function agenda(depth: Depth, history: Partial<Evidence> = {}, active = 'home') {
  return agendaOf(service, active, { ...NO_EVIDENCE, ...history }, references, depth, NOW);
}

function sample(site: string, ago: number, ok = true): Sample {
  return {
    service: 'web',
    site,
    probe: 'http',
    family: 'v4',
    vantage: 'local',
    at: NOW - ago,
    tookMs: 1,
    ok,
  };
}

/** Everything was asked so long ago. */
function asked(ago: number): Partial<Evidence> {
  const at = NOW - ago;
  return {
    samples: ['home', 'away', 'cold'].map(site => sample(site, ago)),
    hosts: ['home', 'away'].map(site => ({ service: 'web', site, at })),
    zones: [{ service: 'web', at }],
    freshness: [{ service: 'web', site: 'away', at, lagMs: 1 }],
  };
}

const QUIET = { probe: ['home'], references: [], hosts: [], zone: false, standbys: [], freshness: [] };
const ALL = { hosts: ['home', 'away'], zone: true, standbys: ['away', 'cold'], freshness: ['away'] };

describe('agenda', () => {
  it('all well and asked lately: nothing but the active site', () => {
    assert.deepEqual(agenda('routine', asked(1000)), QUIET);
    assert.deepEqual(agenda('routine', asked(299_999)), QUIET);
  });

  it('the slow questions when they are due, or were never asked', () => {
    for (const history of [asked(300_000), {}])
      assert.deepEqual(agenda('routine', history), { ...QUIET, ...ALL });
  });

  it('all well, but cut off ourselves when last asked: the references of that family, until one answers', () => {
    const reference = (family: Family, ago: number, ok: boolean, name = 'ref') => ({
      reference: name,
      family,
      at: NOW - ago,
      tookMs: 1,
      ok,
    });
    const askedOf = (...sight: readonly ReferenceSample[]) =>
      agenda('routine', { ...asked(1000), references: sight }).references.map(({ name }) => name);
    const blind = [reference('v4', 9000, true), reference('v6', 9000, false)];
    assert.deepEqual(askedOf(...blind), ['ref6']);
    assert.deepEqual(askedOf(...blind, reference('v6', 5000, true)), []);
    assert.deepEqual(askedOf(reference('v6', 5000, true), ...blind), [], 'whatever the order of arrival');
    assert.deepEqual(askedOf(...blind, reference('v6', 9000, true, 'other')), [], 'one of a round is enough');
    assert.deepEqual(askedOf(reference('v6', 9000, true), reference('v6', 9000, false, 'other')), []);
    assert.deepEqual(askedOf(reference('v6', -60_000, false)), [], 'from before the clock was set back');
  });

  it('suspicious: references at once, the rest every few seconds', () => {
    const { references: some, ...rest } = agenda('suspicious', asked(5000));
    assert.deepEqual(
      some.map(reference => reference.name),
      ['ref4', 'ref6'],
    );
    assert.deepEqual(rest, { probe: ['home'], ...ALL });
    const { references: again, standbys, ...quiet } = agenda('suspicious', asked(1000));
    assert.equal(again.length, 2);
    assert.deepEqual(standbys, ['away', 'cold'], 'standbys every second');
    assert.deepEqual(quiet, { probe: ['home'], hosts: [], zone: false, freshness: [] });
    assert.deepEqual(agenda('suspicious', asked(999)).standbys, []);
  });

  it('what hoster and standbys said before the failures began is asked again at once', () => {
    const history = asked(100);
    const failing = { ...history, samples: [...(history.samples ?? []), sample('home', 50, false)] };
    assert.deepEqual(agenda('suspicious', failing).hosts, ['home', 'away']);
    assert.deepEqual(agenda('suspicious', failing).standbys, ['away', 'cold']);
    const healed = { ...failing, samples: [...failing.samples, sample('home', 20)] };
    assert.deepEqual(agenda('suspicious', healed).hosts, []);
    const elsewhere = { ...history, samples: [...(history.samples ?? []), sample('away', 50, false)] };
    assert.deepEqual(agenda('suspicious', elsewhere).hosts, []);
  });

  it('no reference in a family that no site has', () => {
    const v4 = makeService({ sites: [makeSite('home'), makeSite('away')] });
    const { references: some } = agendaOf(v4, 'home', NO_EVIDENCE, references, 'suspicious', NOW);
    assert.deepEqual(
      some.map(reference => reference.name),
      ['ref4'],
    );
  });

  it('a clock that was set back an hour keeps nothing from being asked', () => {
    for (const depth of ['routine', 'suspicious'] as const) {
      const { references: _, ...rest } = agenda(depth, asked(-HOUR));
      assert.deepEqual(rest, { probe: ['home'], ...ALL }, depth);
    }
  });

  it('the active site changes sides; one that has left the config is home', () => {
    assert.deepEqual(agenda('routine', {}, 'away').probe, ['away']);
    assert.deepEqual(agenda('routine', {}, 'away').standbys, ['home', 'cold']);
    assert.deepEqual(agenda('routine', {}, 'away').freshness, []);
    assert.deepEqual(agenda('routine', {}, 'renamed').probe, ['home']);
    assert.deepEqual(agenda('routine', {}, 'renamed').standbys, ['away', 'cold']);
  });
});
