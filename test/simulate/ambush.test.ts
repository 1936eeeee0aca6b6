/** Happenings that wait for a moment of a run, and are aimed at whatever is active then. */
import assert from 'node:assert/strict';
import type { Change, Decision } from '../../src/model/state.ts';
import { aimed, Ambush } from '../../src/simulate/ambush.ts';
import { buildCast } from '../../src/simulate/cast.ts';
import type { Armed, Happening } from '../../src/simulate/script.ts';
import { Timeline } from '../../src/simulate/timeline.ts';
import { SimulatedWorld } from '../../src/simulate/world/world.ts';
import { actor, epoch, intent, planOf, runOf, starts } from './invariants/bystander.ts';

const CAST = buildCast({ services: [{ name: 'mail', sites: [{ name: 'home' }, { name: 'away' }] }] });
const HERE = actor('p1');

function lay(armed: Armed) {
  const timeline = new Timeline();
  const struck: [number, string | null][] = [];
  const ambush = new Ambush(timeline, (_, station) => struck.push([timeline.now, station]));
  ambush.lay({ kind: 'look-in', at: 0 }, armed);
  const commit = (...changes: Parameters<typeof commitOf>) => ambush.see(commitOf(...changes));
  return { timeline, struck, ambush, commit };
}

const commitOf = (...changes: ReturnType<typeof starts>[number][]) =>
  ({ kind: 'commit', at: 0, changes, wall: 0, by: HERE }) as const;

describe('simulate: ambush', () => {
  it('strikes once, at the first commit of a run, and not at its later ones', () => {
    const { struck, commit } = lay({ on: 'run', afterMs: 0, here: true });
    commit(...starts(planOf()));
    commit(...starts(planOf()));
    assert.deepEqual(struck, [[0, 'desk']]);
  });

  it('strikes so long after the step of that kind has begun, wherever it stands in the script', async () => {
    const { struck, commit, timeline } = lay({ on: 'promote', afterMs: 3000 });
    commit(...starts(planOf()), intent(0));
    await timeline.run(10_000);
    assert.deepEqual(struck, []);
    commit(intent(1));
    await timeline.run(20_000);
    assert.deepEqual(struck, [[13_000, null]]);
  });

  it('strikes who decides while a run of another process is open, at that station', () => {
    const { struck, ambush } = lay({ on: 'open-run', afterMs: 0, here: true });
    const decision = { service: 'mail', verdict: { class: 'HEALTHY' }, standing: null, plan: null };
    const decided = { kind: 'decision', decision: decision as unknown as Decision } as const;
    const see = (by: typeof HERE, ...changes: readonly Change[]) =>
      ambush.see({ kind: 'commit', at: 0, changes, wall: 0, by });
    see(actor('p2'), decided);
    see(HERE, ...starts(planOf()), decided);
    see(actor('q1', 'tick', 'loft'), decided);
    assert.deepEqual(struck, []);
    see(actor('p2'), decided);
    assert.deepEqual(struck, [[0, 'desk']]);
    const ended = lay({ on: 'open-run', afterMs: 0 });
    ended.commit(...starts(planOf()), { kind: 'run', run: runOf(planOf(), { status: 'failed' }) });
    ended.ambush.see({ kind: 'commit', at: 0, changes: [decided], wall: 0, by: actor('p2') });
    assert.deepEqual(ended.struck, []);
  });

  it('comes no more once it is disarmed, nor a moment later', async () => {
    const { struck, commit, ambush } = lay({ on: 'run', afterMs: 0 });
    ambush.disarm();
    commit(...starts(planOf()));
    assert.deepEqual(struck, []);
    const late = lay({ on: 'run', afterMs: 1000 });
    late.commit(...starts(planOf()));
    late.ambush.disarm();
    await late.timeline.run(5000);
    assert.deepEqual(late.struck, []);
  });

  it('is aimed at the site that DNS names when it comes, or at the first other', () => {
    const world = new SimulatedWorld(CAST, new Timeline());
    const at = (role: 'active' | 'standby', name: string) => {
      const lock: Happening = {
        kind: 'lock',
        at: 0,
        box: 'any',
        families: ['v4'],
        aim: { service: 'mail', role },
      };
      const it = aimed(world, lock, null);
      assert.equal('box' in it && it.box, world.site('mail', name).site.server);
    };
    at('active', 'home');
    at('standby', 'away');
    const { epochName, ttlS } = world.service('mail').dns;
    const value = `"v=1 epoch=9 active=away owner=r-1"`;
    world.zone.change(
      [{ action: 'UPSERT', set: { name: epochName, type: 'TXT', ttlS, values: [value] } }],
      0,
    );
    assert.deepEqual(world.epoch('mail'), epoch(9, 'away', 'r-1'));
    at('active', 'away');
    at('standby', 'home');
  });

  it('takes the station whose run it is, where it has one', () => {
    const world = new SimulatedWorld(CAST, new Timeline());
    const crash: Happening = { kind: 'crash', at: 0, station: 'loft', calls: 1, when: 'after' };
    assert.equal('station' in crash && aimed(world, crash, 'desk').kind, 'crash');
    assert.deepEqual(aimed(world, crash, 'desk'), { ...crash, station: 'desk' });
    assert.equal(aimed(world, crash, null), crash);
  });
});
