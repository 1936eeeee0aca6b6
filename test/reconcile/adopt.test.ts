/** From a reading of the zone to the state: what is adopted, what is of the past, what is not ours to read. */
import assert from 'node:assert/strict';
import { adopt, isPast, isRecent } from '../../src/reconcile/adopt.ts';
import { formatEpoch } from '../../src/model/epoch.ts';
import type { ServiceState } from '../../src/model/state.ts';
import { makeService } from '../lab/service.ts';
import { epochSet, makeRun, makeState, NOW, zoneOf } from '../plan/scene.ts';

const service = makeService();
const reading = (active: string, epoch: number, owner?: string) => ({
  service: 'web',
  at: NOW,
  view: zoneOf(service, active, ['v4'], epochSet(epoch, active, owner)),
});
const onHome = (patch: Partial<ServiceState> = {}) => makeState({ published: ['v4'], ...patch });

describe('adopt', () => {
  it('changes nothing when DNS says what is known', () => {
    assert.deepEqual(adopt(service, onHome(), reading('home', 4), null, false), {});
  });

  it('takes the active site, the epoch and the families that DNS shows', () => {
    const state = onHome({ published: ['v4', 'v6'] });
    assert.deepEqual(adopt(service, state, reading('away', 5), null, false), {
      active: 'away',
      epoch: 5,
      maxEpoch: 5,
      published: ['v4'],
      quarantined: [{ site: 'home', since: NOW, run: 'r-old' }],
    });
  });

  it('the first reading of all quarantines nobody: there was no move to see', () => {
    const fresh = makeState({ active: 'home', epoch: 0, maxEpoch: 0, published: null });
    assert.equal(
      'quarantined' in adopt(service, fresh, reading('away', 5), null, false),
      false,
      'first reading',
    );
  });

  it('the first move of all, made by another installation, quarantines what was left', () => {
    const seen = makeState({ active: 'home', epoch: 0, maxEpoch: 0, published: ['v4'] });
    assert.deepEqual(adopt(service, seen, reading('away', 1, 'r-9'), null, false).quarantined, [
      { site: 'home', since: NOW, run: 'r-9' },
    ]);
  });

  it('a lower epoch is noted and nothing else is believed', () => {
    assert.deepEqual(adopt(service, onHome(), reading('away', 3), null, false), { epoch: 3 });
    const gone = { service: 'web', at: NOW, view: zoneOf(service, 'home', ['v4'], null) };
    assert.deepEqual(adopt(service, onHome(), gone, null, false), { epoch: 0 });
  });

  it('before the first epoch the records tell, else home', () => {
    const fresh = makeState({ active: null, epoch: 0, maxEpoch: 0, published: null });
    const at = (name: string) => ({ service: 'web', at: NOW, view: zoneOf(service, name, ['v4'], null) });
    assert.equal(adopt(service, fresh, at('away'), null, false).active, 'away');
    assert.equal(adopt(service, fresh, null, null, false).active, 'home');
    const foreign = { ...at('home'), view: { epochSet: null, epoch: null, records: [] } };
    assert.equal(adopt(service, fresh, foreign, null, false).active, 'home');
    assert.equal(
      adopt(service, fresh, { service: 'web', at: NOW, error: 'refused' }, null, false).active,
      'home',
    );
  });

  it('a site that the config does not know is not taken', () => {
    const view = zoneOf(service, 'home', ['v4'], epochSet(5, 'renamed'));
    const adopted = adopt(service, onHome(), { service: 'web', at: NOW, view }, null, false);
    assert.equal('active' in adopted, false);
    assert.equal(adopted.epoch, 5);
  });

  it('text that is not ours says nothing', () => {
    const view = zoneOf(service, 'away', ['v4'], { ...epochSet(5, 'away'), values: ['"v=2"'] });
    assert.deepEqual(adopt(service, onHome(), { service: 'web', at: NOW, view }, null, false), {});
  });

  it('while a run is open nothing is taken: its own end will say', () => {
    assert.deepEqual(adopt(service, onHome(), reading('away', 5), makeRun({ endedAt: null }), false), {});
  });

  it('a flip of ours that came into force late leaves the old site in quarantine like any other', () => {
    const late = makeRun({ flipped: false, status: 'abandoned' });
    const state = onHome({ lastRun: late });
    assert.deepEqual(adopt(service, state, reading('away', 5, 'r-1'), null, false).quarantined, [
      { site: 'home', since: NOW, run: 'r-1' },
    ]);
    const known = { ...state, quarantined: [{ site: 'home', since: 1, run: 'r-0' }] };
    for (const [title, other, owner] of [
      ['of a switchover', onHome({ lastRun: { ...late, kind: 'switchover' } }), 'r-1'],
      ['known as done', onHome({ lastRun: { ...late, flipped: true } }), 'r-1'],
      ['in quarantine already', known, 'r-1'],
    ] as const)
      assert.equal(
        'quarantined' in adopt(service, other, reading('away', 5, owner), null, false),
        false,
        title,
      );
  });
});

describe('adopt: a claim', () => {
  const claimed = (epoch: number, owner: string, at = NOW) => {
    const record = { epoch, active: 'home', owner, claim: { busyS: 600, stepS: 300 } };
    const set = { ...epochSet(epoch, 'home', owner), values: [`"${formatEpoch(record)}"`] };
    return { service: 'web', at, view: zoneOf(service, 'home', ['v4'], set) };
  };
  const rival = { owner: 'r-9', since: NOW, busyMs: 600_000, stepMs: 300_000, until: null };

  it('of another installation is remembered from when it was first seen, by our own clock', () => {
    assert.deepEqual(adopt(service, onHome(), claimed(5, 'r-9'), null, false), {
      epoch: 5,
      maxEpoch: 5,
      rival,
    });
    const known = onHome({ epoch: 5, maxEpoch: 5, rival: { ...rival, since: NOW - 60_000 } });
    assert.deepEqual(adopt(service, known, claimed(5, 'r-9'), null, false), {}, 'the first look counts');
    const later = adopt(service, known, claimed(6, 'r-10'), null, false).rival;
    assert.deepEqual(later, { ...rival, owner: 'r-10' }, 'another run, another time');
    const ahead = onHome({ epoch: 5, maxEpoch: 5, rival: { ...rival, since: NOW + 1 } });
    assert.equal(
      adopt(service, ahead, claimed(5, 'r-9'), null, false).rival?.since,
      NOW,
      'the clock was set back',
    );
  });

  it('is over when the zone shows none, and one of ours is none', () => {
    const known = onHome({ rival });
    const given = claimed(4, 'r-9');
    const free = zoneOf(service, 'home', ['v4'], epochSet(4, 'home', 'r-9'));
    assert.deepEqual(adopt(service, known, { ...given, view: free }, null, false), { rival: null });
    assert.equal('rival' in adopt(service, onHome(), claimed(5, 'r-9'), null, true), false);
  });

  it('that is gone without a word of its owner, as from a restored zone, may have a last deed at work', () => {
    const lost = adopt(service, onHome({ rival }), reading('home', 4), null, false).rival;
    assert.deepEqual(lost, { ...rival, until: NOW + rival.stepMs });
    const later = (at: number) => {
      const zone = { ...reading('home', 4), at };
      return adopt(service, onHome({ rival: { ...rival, until: NOW + rival.stepMs } }), zone, null, false);
    };
    assert.equal(
      'rival' in later(NOW + rival.stepMs - 1),
      false,
      'the time runs from when it was missed first',
    );
    assert.equal(later(NOW + rival.stepMs).rival, null);
  });

  it('that we have written over is remembered until its last deed must be over', () => {
    for (const [until, kept] of [
      [NOW + 1, true],
      [NOW, false],
      [null, false],
    ] as const) {
      const known = onHome({ rival: { ...rival, until } });
      assert.equal('rival' in adopt(service, known, reading('home', 4), null, true), !kept, `until ${until}`);
    }
  });

  it('in a zone that was rolled back is not believed', () => {
    assert.deepEqual(adopt(service, onHome(), claimed(3, 'r-9'), null, false), { epoch: 3 });
  });
});

describe('adopt: what is of the past', () => {
  const at = (ago: number) => ({ service: 'web', at: NOW - ago });
  const turn = makeRun({ endedAt: NOW - 1000 });

  it('a reading begun before a run that changed DNS, or saw it changed, was through', () => {
    assert.equal(isPast(at(1001), turn, NOW), true);
    assert.equal(isPast(at(1000), turn, NOW), false);
    assert.equal(isPast(at(1001), { ...turn, flipped: false, status: 'superseded' }, NOW), true);
    assert.equal(isPast(at(1001), { ...turn, flipped: false, status: 'failed' }, NOW), false);
    assert.equal(isPast(at(0), { ...turn, endedAt: null }, NOW), true);
    assert.equal(isPast(at(0), null, NOW), false);
  });

  it('not by a run that ended in what is now the future: the clock was set back', () => {
    assert.equal(isPast(at(0), { ...turn, endedAt: NOW + 3_600_000 }, NOW), false);
    assert.equal(isPast(at(0), { ...turn, endedAt: NOW + 1000 }, NOW), true);
  });

  it('a reading of long ago, which a clock that was put right makes the newest', () => {
    const pace = { ...service.pace, intervalMs: 60_000 };
    assert.equal(isRecent(reading('away', 5), { ...service, pace }, NOW + 120_000), true);
    assert.equal(isRecent(reading('away', 5), { ...service, pace }, NOW + 120_001), false);
    assert.equal(isRecent(reading('away', 5), service, NOW + 15_000), true, 'a slow answer at a fast pace');
  });
});
