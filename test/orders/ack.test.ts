/** The block window and the epoch, lifted and accepted at the worst moment. */
import assert from 'node:assert/strict';
import { formatEpoch } from '../../src/model/epoch.ts';
import { acceptEpoch, type EpochLook, liftBlockWindow, lookAtEpoch } from '../../src/orders/ack.ts';
import { clearSite, quarantineOf } from '../../src/orders/clear.ts';
import { makeRun } from '../plan/scene.ts';
import { Lab } from '../lab/world.ts';
import { OTHER, programOf, REFUSED, tick, WORDS } from './program.ts';

const FLIPPED = { status: 'done', flipped: true } as const;

describe('orders: ack', () => {
  it('lifts the window of a run that ended in what is now the future, and only once', async () => {
    const lab = new Lab();
    const now = lab.clock.now();
    const endedAt = now + 300_000;
    await lab.store.commit([{ kind: 'run', run: makeRun({ ...FLIPPED, id: 'r-9', endedAt }) }]);
    const { at, lifted } = await liftBlockWindow(programOf(lab), lab.service, WORDS);
    assert.equal(at, now);
    assert.deepEqual(lifted, { run: 'r-9', endedAt, until: endedAt + lab.service.blockWindowMs });
    assert.equal((await lab.store.service('web')).ackedRun, 'r-9');
    const again = await liftBlockWindow(programOf(lab), lab.service, WORDS);
    assert.equal(again.lifted, null);
    assert.equal((await lab.store.audit({ limit: 9 })).length, 1);
  });

  it('has nothing to lift from the instant the window ends', async () => {
    const lab = new Lab();
    const endedAt = lab.clock.now() - lab.service.blockWindowMs;
    await lab.store.commit([{ kind: 'run', run: makeRun({ ...FLIPPED, endedAt: endedAt + 1 }) }]);
    const open = await liftBlockWindow(programOf(lab), lab.service, WORDS);
    assert.equal(open.lifted?.endedAt, endedAt + 1);

    const over = new Lab();
    await over.store.commit([{ kind: 'run', run: makeRun({ ...FLIPPED, endedAt }) }]);
    assert.equal((await liftBlockWindow(programOf(over), over.service, WORDS)).lifted, null);
    assert.equal((await over.store.service('web')).ackedRun, null);
  });

  it('a second failover inside the window runs only after it', async () => {
    const lab = new Lab();
    lab.site('home', REFUSED);
    await tick(lab);
    lab.site('home', 'well');
    lab.hosts.set('1', { power: 'running', blocked: { v4: false, v6: false } });
    const entry = await quarantineOf(programOf(lab), lab.service, 'home');
    assert.ok(entry !== null);
    await clearSite(programOf(lab), lab.service, entry, WORDS);
    lab.site('away', REFUSED);
    await lab.clock.drive(lab.clock.sleep(60_000));
    const blocked = await tick(lab);
    assert.match(blocked.standing?.detail ?? '', /against rule 22/);
    const { lifted } = await liftBlockWindow(programOf(lab), lab.service, WORDS);
    assert.equal(lifted?.run, (await lab.store.service('web')).lastRun?.id);
    await tick(lab);
    assert.equal(lab.deeds.at(-1), 'swap home 4');
  });
});

describe('orders: accept the epoch', () => {
  /** DNS was put back to epoch 3 after 7 had been seen. */
  async function rolledBack(): Promise<{ readonly lab: Lab; readonly asked: EpochLook }> {
    const lab = new Lab();
    setEpoch(lab, 3);
    await lab.store.commit([{ kind: 'service', service: 'web', patch: { epoch: 3, maxEpoch: 7 } }]);
    const asked = await lookAtEpoch(programOf(lab), lab.service);
    assert.ok('shown' in asked);
    return { lab, asked };
  }

  function setEpoch(lab: Lab, epoch: number, active = 'home'): void {
    const text = formatEpoch({ epoch, active, owner: 'r-0' });
    lab.epochSet = { name: lab.service.dns.epochName, type: 'TXT', ttlS: 60, values: [`"${text}"`] };
  }

  async function refused(lab: Lab, asked: EpochLook, code: string): Promise<string> {
    const result = await acceptEpoch(programOf(lab), lab.service, asked, WORDS);
    assert.ok('refused' in result, 'it was accepted all the same');
    assert.equal(result.refused.code, code);
    assert.equal((await lab.store.service('web')).maxEpoch, 7);
    assert.deepEqual(await lab.store.audit({ limit: 9 }), []);
    return result.refused.message;
  }

  it('takes the epoch that was asked about for the highest, with the audit, and gives the lease back', async () => {
    const { lab, asked } = await rolledBack();
    assert.equal((await tick(lab)).verdict.class, 'ROLLED_BACK');
    const result = await acceptEpoch(programOf(lab), lab.service, asked, WORDS);
    assert.deepEqual(result, { accepted: asked.shown });
    const { epoch, maxEpoch } = await lab.store.service('web');
    assert.deepEqual([epoch, maxEpoch], [3, 3]);
    const [entry] = await lab.store.audit({ limit: 9 });
    assert.equal(entry?.detail, 'epoch 3 (active home), seen before: 7');
    assert.ok('held' in (await lab.store.acquire('run:web', OTHER, 1000, lab.clock.now())));
    assert.equal((await tick(lab)).verdict.class, 'HEALTHY');
  });

  it('not when DNS shows another one since the person was asked', async () => {
    const { lab, asked } = await rolledBack();
    setEpoch(lab, 4);
    const message = await refused(lab, asked, 'epoch-not-accepted');
    assert.match(message, /changed since you were asked: it shows epoch 4, active home now/);
  });

  it('not when the record has become somebody else’s', async () => {
    const { lab, asked } = await rolledBack();
    setEpoch(lab, 3, 'mars');
    assert.match(await refused(lab, asked, 'epoch-not-accepted'), /"mars" is active/);
    const look = await lookAtEpoch(programOf(lab), lab.service);
    assert.ok('refused' in look);
    assert.equal(look.refused.code, 'epoch-foreign');
  });

  it('not while a run is open, whether it is at work or was cut short', async () => {
    const { lab, asked } = await rolledBack();
    const taken = await lab.store.acquire('run:web', OTHER, 60_000, lab.clock.now());
    assert.match(await refused(lab, asked, 'run-open'), /box2.*nothing was changed/);
    assert.ok('held' in taken);
    await lab.store.release(taken.held);
    const run = makeRun({ status: 'interrupted', endedAt: null });
    await lab.store.commit([{ kind: 'run', run }]);
    assert.match(await refused(lab, asked, 'epoch-not-accepted'), /run r-1 is still open/);
  });
});
