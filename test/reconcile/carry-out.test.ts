/** Between the decision and the run: what another process did meanwhile is seen under the lease. */
import assert from 'node:assert/strict';
import type { StandingCode } from '../../src/model/plan.ts';
import type { Store } from '../../src/ports/store.ts';
import { carryOut, type Task } from '../../src/reconcile/carry-out.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { Lab } from '../lab/world.ts';
import { makeRun, makeScene, planOf } from '../plan/scene.ts';

const OTHER = 'box2/boot/77/1/1';

function task(patch: Partial<Task> = {}): Task {
  const scene = makeScene();
  return {
    service: scene.service,
    plan: planOf(scene),
    automatic: true,
    incident: null,
    open: null,
    judgedAt: new Lab().clock.now(),
    also: [],
    sees: async () => true,
    ...patch,
  };
}

async function refused(
  lab: Lab,
  given: Task,
  store: Store = lab.store,
  code: StandingCode = 'run-open',
): Promise<string> {
  const carried = await lab.clock.drive(carryOut(lab.world({ store }), given));
  assert.ok('standing' in carried, 'it was carried out all the same');
  assert.equal(carried.standing.code, code);
  assert.deepEqual(lab.deeds, []);
  return carried.standing.detail;
}

async function free(lab: Lab): Promise<boolean> {
  return 'held' in (await lab.store.acquire('run:web', 'probe', 0, lab.clock.now()));
}

describe('carry out', () => {
  it('not while another process runs a plan of the service', async () => {
    const lab = new Lab();
    await lab.store.acquire('run:web', OTHER, 60_000, lab.clock.now());
    assert.match(await refused(lab, task()), /box2.* is running a plan of web/);
    assert.equal(await free(lab), false, 'its lease is left alone');
  });

  it('not when a run was begun, or ended, since it was decided', async () => {
    const lab = new Lab();
    const open = makeRun({ status: 'interrupted', endedAt: null });
    await lab.store.commit([{ kind: 'run', run: open }]);
    assert.match(await refused(lab, task()), /run r-1 was ended or begun/);
    const ended = new Lab();
    assert.match(await refused(ended, task({ open })), /run r-1 was ended or begun/);
    assert.ok(await free(ended), 'the lease is given back');
  });

  it('not on an epoch that has been passed since', async () => {
    const lab = new Lab();
    await lab.store.commit([{ kind: 'service', service: 'web', patch: { maxEpoch: 5 } }]);
    assert.match(await refused(lab, task()), /the epoch is 5 by now, the plan was made on 4/);
    assert.deepEqual(await lab.store.runs({ limit: 9 }), []);
  });

  it('takes the lease of a process that is dead', async () => {
    const lab = new Lab();
    await lab.store.acquire('run:web', OTHER, 60_000, lab.clock.now());
    const world = lab.world({ isOwnerDead: owner => owner === OTHER });
    assert.ok('run' in (await lab.clock.drive(carryOut(world, task()))));
  });

  it('writes the run, the plan and what a person said in one transaction before anything is done', async () => {
    const lab = new Lab();
    const entry = {
      at: 1,
      operator: 'ann',
      action: 'failover',
      service: 'web',
      reason: 'x',
      overrides: [],
      detail: 'to away',
    };
    const batches: string[][] = [];
    const store: Store = {
      ...lab.store,
      commit: async (changes, guard) => {
        batches.push(changes.map(change => change.kind));
        assert.ok(guard !== undefined, 'every commit of a run is tied to its lease');
        if (batches.length === 1) assert.deepEqual(lab.deeds, []);
        return lab.store.commit(changes, guard);
      },
    };
    await lab.clock.drive(
      carryOut(lab.world({ store }), task({ also: [{ kind: 'audit', entry }], automatic: false })),
    );
    assert.deepEqual(batches[0], ['plan', 'run', 'audit', 'notice']);
    assert.equal((await lab.store.audit({ limit: 9 })).length, 1);
    assert.ok(await free(lab), 'the lease is given back');
  });

  it('two ticks at once: one runs, the other does nothing', async () => {
    const lab = new Lab();
    lab.site('home', { ok: false, failure: 'refused' });
    const once = { once: true, budgetMs: 50_000 };
    const tick = (owner: string) => watchService(lab.world({ owner }), lab.watch(), once);
    await lab.clock.drive(Promise.all([tick('a/1/1'), tick('b/1/1')]));
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away', 'swap away 2']);
    assert.equal((await lab.store.runs({ limit: 9 })).length, 1);
  });

  it('not what was judged before a sleep: the site may be well by now', async () => {
    const lab = new Lab();
    await lab.clock.drive(lab.clock.sleep(31_000));
    const detail = await refused(lab, task({ judgedAt: lab.clock.now() - 31_000 }), lab.store, 'looking');
    assert.match(detail, /judged too long ago/);
    assert.deepEqual(await lab.store.runs({ limit: 9 }), []);
  });
});
