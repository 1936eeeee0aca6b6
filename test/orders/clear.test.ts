/** A site is let in again only for the cause that the person vouched for. */
import assert from 'node:assert/strict';
import type { Quarantine } from '../../src/model/state.ts';
import { clearSite, quarantineOf } from '../../src/orders/clear.ts';
import { Lab } from '../lab/world.ts';
import { OTHER, programOf, REFUSED, tick, WORDS } from './program.ts';

/** Home has been failed over from. */
async function afterNight(): Promise<{ readonly lab: Lab; readonly entry: Quarantine }> {
  const lab = new Lab();
  lab.site('home', REFUSED);
  await tick(lab);
  const entry = await quarantineOf(programOf(lab), lab.service, 'home');
  assert.ok(entry !== null);
  return { lab, entry };
}

const clear = (lab: Lab, entry: Quarantine) => clearSite(programOf(lab), lab.service, entry, WORDS);

describe('orders: clear', () => {
  it('takes the entry out, tells and audits it, and gives the lease back', async () => {
    const { lab, entry } = await afterNight();
    assert.deepEqual(await clear(lab, entry), { cleared: entry });
    assert.equal(await quarantineOf(programOf(lab), lab.service, 'home'), null);
    const [told] = await lab.store.notices({ limit: 1 });
    assert.match(told?.text ?? '', /home taken out of quarantine by ada: seen it/);
    const [audited] = await lab.store.audit({ limit: 1 });
    assert.equal(audited?.action, 'clear');
    assert.ok('held' in (await lab.store.acquire('run:web', OTHER, 1000, lab.clock.now())));
  });

  it('not when another run has put the site out since the person was asked', async () => {
    const { lab, entry } = await afterNight();
    const quarantined = [{ ...entry, run: 'r-99' }];
    await lab.store.commit([{ kind: 'service', service: 'web', patch: { quarantined } }]);
    const result = await clear(lab, entry);
    assert.ok('refused' in result);
    assert.equal(result.refused.code, 'quarantine-changed');
    assert.deepEqual((await lab.store.service('web')).quarantined, quarantined);
    assert.deepEqual(await lab.store.audit({ limit: 9 }), []);
  });

  it('not twice: the second person is told that it has changed', async () => {
    const { lab, entry } = await afterNight();
    await clear(lab, entry);
    const again = await clear(lab, entry);
    assert.ok('refused' in again);
    assert.equal(again.refused.code, 'quarantine-changed');
  });

  it('not while a run is at work, whose lease is left alone', async () => {
    const { lab, entry } = await afterNight();
    await lab.store.acquire('run:web', OTHER, 60_000, lab.clock.now());
    const result = await clear(lab, entry);
    assert.ok('refused' in result);
    assert.equal(result.refused.code, 'run-open');
    assert.match(result.refused.message, /box2/);
    assert.deepEqual((await lab.store.service('web')).quarantined, [entry]);
    assert.ok('heldBy' in (await lab.store.acquire('run:web', 'third', 1000, lab.clock.now())));
  });

  it('keeps what else is out', async () => {
    const { lab, entry } = await afterNight();
    const other = { site: 'gone', since: 1, run: 'r-0' };
    const quarantined = [other, entry];
    await lab.store.commit([{ kind: 'service', service: 'web', patch: { quarantined } }]);
    await clear(lab, entry);
    assert.deepEqual((await lab.store.service('web')).quarantined, [other]);
  });
});
