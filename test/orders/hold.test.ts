/** A hold that comes in the middle of things; how it is typed and shown is tested in test/cli/hold.test.ts. */
import assert from 'node:assert/strict';
import { type HoldReport, liftHold, setHold } from '../../src/orders/hold.ts';
import { Lab } from '../lab/world.ts';
import { programOf, REFUSED, tick, WORDS } from './program.ts';

function hold(lab: Lab, until: number | null = null): Promise<readonly HoldReport[]> {
  const now = lab.clock.now();
  return setHold(programOf(lab), lab.settings.services, { ...WORDS, owner: 'ada', now, until });
}

function resume(lab: Lab): Promise<readonly HoldReport[]> {
  return liftHold(programOf(lab), lab.settings.services, { ...WORDS, now: lab.clock.now() });
}

describe('orders: hold and resume', () => {
  it('a hold during a run stops it before its next step; after the resume the next look brings it to its end', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    const seen: HoldReport[] = [];
    lab.commands.set('promote away', async () => {
      seen.push(...(await hold(lab)));
      return 0;
    });
    const { run } = await tick(lab);
    assert.equal(seen[0]?.openRun?.id, run?.id);
    assert.equal(seen[0]?.openRun?.status, 'running');
    assert.equal(seen[0]?.before.hold, null);
    assert.equal(seen[0]?.after.hold?.owner, 'ada');
    assert.equal(run?.status, 'interrupted');
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away'], 'no flip');

    await tick(lab);
    assert.deepEqual(lab.deeds, ['fence home', 'run promote away'], 'the hold still counts');

    lab.commands.delete('promote away');
    const [report] = await resume(lab);
    assert.equal(report?.openRun?.status, 'interrupted');
    assert.equal((await tick(lab)).run?.id, run?.id, 'the same run goes on');
    assert.equal(lab.deeds.at(-1), 'swap away 2');
  });

  it('holds several services in one transaction', async () => {
    const lab = new Lab();
    let commits = 0;
    const store = {
      ...lab.store,
      commit: async (...given: Parameters<typeof lab.store.commit>) => {
        commits += 1;
        await lab.store.commit(...given);
      },
    };
    const services = [lab.service, { ...lab.service, name: 'irc' }];
    const now = lab.clock.now();
    const order = { ...WORDS, owner: 'night crew', now, until: now + 60_000 };
    const reports = await setHold(programOf(lab, { store }), services, order);
    assert.deepEqual(
      reports.map(({ after }) => [after.service, after.hold?.owner]),
      [
        ['web', 'night crew'],
        ['irc', 'night crew'],
      ],
    );
    assert.equal(commits, 1);
    const [entry] = await lab.store.audit({ service: 'irc', limit: 9 });
    assert.equal(entry?.operator, 'ada', 'the audit names who gave the order');
    assert.equal(entry?.detail, `for night crew, until ${new Date(now + 60_000).toISOString()}`);
  });

  it('when the store refuses, nothing is held', async () => {
    const lab = new Lab();
    const commit = () => Promise.reject(new Error('disk full'));
    const program = programOf(lab, { store: { ...lab.store, commit } });
    const order = { ...WORDS, owner: 'ada', now: lab.clock.now(), until: null };
    await assert.rejects(setHold(program, lab.settings.services, order), /disk full/);
    assert.equal((await lab.store.service('web')).hold, null);
  });

  it('a hold that ends this very instant has run out: taken away, and nobody is told', async () => {
    const lab = new Lab();
    await hold(lab, lab.clock.now() + 60_000);
    const told = (await lab.store.notices({ limit: 9 })).length;
    await lab.clock.drive(lab.clock.sleep(60_000));
    const [report] = await resume(lab);
    assert.equal(report?.after.hold, null);
    assert.equal((await lab.store.notices({ limit: 9 })).length, told);
    assert.deepEqual(
      (await lab.store.audit({ limit: 9 })).map(({ action }) => action),
      ['hold'],
    );
  });
});
