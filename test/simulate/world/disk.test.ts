/** The state of a station as a process sees it: what each fault lets through, and what bystanders hear. */
import assert from 'node:assert/strict';
import type { Change } from '../../../src/model/state.ts';
import type { DiskFault } from '../../../src/simulate/script.ts';
import { createDisk } from '../../../src/simulate/world/disk.ts';
import { stage } from './stage.ts';

const SEEN: Change = { kind: 'service', service: 'mail', patch: { active: 'home' } };

function open(fault: DiskFault | null) {
  const at = stage();
  at.station.diskFault = fault;
  return { ...at, store: createDisk(at.world, at.process) };
}

describe('simulate: the disk', () => {
  it('keeps what is committed, and tells of it when it is kept', async () => {
    const { store, settle, station, told } = open(null);
    await settle(store.commit([SEEN]));
    assert.equal((await station.disk.service('mail')).active, 'home');
    assert.deepEqual(
      told('commit').map(({ changes, wall }) => [changes, wall]),
      [[[SEEN], station.wall()]],
    );
    assert.equal((await settle(store.service('mail')))?.value.active, 'home');
    assert.equal(told('told-state')[0]?.state.active, 'home');
  });

  it('that is full is read and not written', async () => {
    const { store, settle, station, told } = open('full');
    assert.equal((await settle(store.service('mail')))?.value.active, null);
    await assert.rejects(settle(store.commit([SEEN])), { code: 'store-full' });
    await assert.rejects(settle(store.acquire('web', 'me', 1000, 0)), { code: 'store-full' });
    assert.equal((await station.disk.service('mail')).active, null);
    assert.equal(told('commit').length, 0);
  });

  it('that fails is neither', async () => {
    const { store, settle } = open('fails');
    await assert.rejects(settle(store.service('mail')), { code: 'store-unusable' });
    await assert.rejects(settle(store.commit([SEEN])), { code: 'store-unusable' });
  });

  it('that is slow takes two seconds, and does it then', async () => {
    const { store, timeline, station } = open('slow');
    const written = store.commit([SEEN]);
    await timeline.run(1_999);
    assert.equal((await station.disk.service('mail')).active, null);
    await timeline.run(2_000);
    await written;
    assert.equal((await station.disk.service('mail')).active, 'home');
  });

  it('outlives the process: the next one reads what the last one wrote', async () => {
    const first = open(null);
    await first.settle(first.store.commit([SEEN]));
    await first.store.close();
    assert.equal(
      (await first.settle(createDisk(first.world, first.process).service('mail')))?.value.active,
      'home',
    );
  });
});
