import assert from 'node:assert/strict';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { crashingStore } from '../lab/crashing-store.ts';
import { Lab } from '../lab/world.ts';

const REFUSED = { ok: false, failure: 'refused' } as const;
const ONCE = { once: true, budgetMs: 50_000 } as const;

/** A new process: nothing is known but what the store holds; the dead one's leases are taken at once. */
async function tick(lab: Lab, store = lab.store) {
  const watch = lab.watch();
  watch.add(await lab.store.evidence('web', 0));
  watch.takeUnsaved();
  const world = lab.world({ store, isOwnerDead: () => true });
  return lab.clock.drive(watchService(world, watch, ONCE));
}

async function commitsOfOneNight(): Promise<number> {
  const lab = new Lab();
  lab.site('home', REFUSED);
  const counted = crashingStore(lab.store, Number.POSITIVE_INFINITY, 'before');
  await tick(lab, counted.store);
  return counted.count();
}

function assertInvariants(lab: Lab): void {
  const fence = lab.deeds.indexOf('fence home');
  const promote = lab.deeds.indexOf('run promote away');
  const swaps = lab.deeds.filter(deed => deed.startsWith('swap'));
  assert.ok(
    promote === -1 || (fence !== -1 && fence < promote),
    `promoted before fenced: ${lab.deeds.join(', ')}`,
  );
  assert.ok(swaps.length <= 1, `flipped twice: ${lab.deeds.join(', ')}`);
  assert.ok(!lab.deeds.includes('fence away'), 'the standby was fenced');
}

describe('a run that dies at any commit', () => {
  it('is taken up by the next start and converges, at every boundary', async () => {
    const commits = await commitsOfOneNight();
    assert.ok(commits > 12, `one night has ${commits} commits`);
    for (let at = 1; at <= commits; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const lab = new Lab();
        lab.site('home', REFUSED);
        const crashing = crashingStore(lab.store, at, when);
        await tick(lab, crashing.store).catch(() => null);
        assertInvariants(lab);
        await tick(lab);
        const place = `commit ${at} of ${commits}, ${when}`;
        assertInvariants(lab);
        assert.equal(lab.records.find(set => set.type === 'A')?.values[0], '127.0.0.12', place);
        const state = await lab.store.service('web');
        assert.equal(state.active, 'away', place);
        assert.deepEqual(
          state.quarantined.map(entry => entry.site),
          ['home'],
          place,
        );
        assert.equal(await lab.store.openRun('web'), null, place);
        assert.equal((await lab.store.service('web')).lastRun?.status, 'done', place);
      }
    }
  });

  it('does not fence a site that is well again when nothing had been done yet', async () => {
    const commits = await commitsOfOneNight();
    for (let at = 1; at <= commits; at += 1) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      await tick(lab, crashingStore(lab.store, at, 'before').store).catch(() => null);
      if (lab.deeds.length > 0) continue;
      lab.site('home', 'well');
      await tick(lab);
      assert.deepEqual(lab.deeds, [], `commit ${at}`);
      assert.equal(await lab.store.openRun('web'), null, `commit ${at}`);
    }
  });

  it('does not promote when somebody has powered the old site on meanwhile', async () => {
    const commits = await commitsOfOneNight();
    for (let at = 1; at <= commits; at += 1) {
      const lab = new Lab();
      lab.site('home', REFUSED);
      await tick(lab, crashingStore(lab.store, at, 'before').store).catch(() => null);
      if (lab.deeds.join() !== 'fence home') continue;
      lab.site('home', 'well');
      lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: false } });
      await tick(lab);
      assert.deepEqual(lab.deeds, ['fence home'], `commit ${at}`);
    }
  });
});
