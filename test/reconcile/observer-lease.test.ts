/** One observer at a time: through renewals, a sleep, another's takeover and a store that fails for a while. */
import assert from 'node:assert/strict';
import { StoreError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { withObserverLease } from '../../src/reconcile/observer-lease.ts';
import { Lab } from '../lab/world.ts';

const TTL_MS = 60_000;
const OTHER = 'box2/boot/77/1/1';

/** Who holds the lease now, by trying to take it with a TTL of nothing. */
async function holder(lab: Lab): Promise<string | null> {
  const taken = await lab.store.acquire('observer', 'probe', 0, lab.clock.now());
  return 'heldBy' in taken ? taken.heldBy.owner : null;
}

describe('observer lease', () => {
  it('is held for as long as the work takes, then given back', async () => {
    const lab = new Lab();
    const held: (string | null)[] = [];
    const work = async () => {
      for (let minute = 0; minute < 5; minute += 1) {
        await lab.clock.sleep(TTL_MS);
        held.push(await holder(lab));
      }
      return 'done';
    };
    const world = lab.world();
    assert.equal(await lab.clock.drive(withObserverLease(world, work)), 'done');
    assert.deepEqual(new Set(held), new Set([world.owner]));
    assert.equal(await holder(lab), null);
  });

  it('a second one is told who is at work, and does nothing', async () => {
    const lab = new Lab();
    await lab.store.acquire('observer', OTHER, TTL_MS, lab.clock.now());
    const result = await withObserverLease(lab.world(), async () => assert.fail('it worked all the same'));
    assert.deepEqual(result, { busy: 'pid 77 on box2' });
    const dead = lab.world({ isOwnerDead: owner => owner === OTHER });
    assert.equal(
      await lab.clock.drive(withObserverLease(dead, async () => 1)),
      1,
      'one that is dead is no obstacle',
    );
  });

  it('is given back when the work fails', async () => {
    const lab = new Lab();
    const work = async () => {
      throw new Error('broken');
    };
    await assert.rejects(lab.clock.drive(withObserverLease(lab.world(), work)), /broken/);
    assert.equal(await holder(lab), null);
  });

  /** From the first renewal on: the machine slept for an hour, and `meanwhile` happened. */
  function sleepy(lab: Lab, meanwhile: () => Promise<unknown>): Store {
    let slept = false;
    return {
      ...lab.store,
      renew: async (lease, ttlMs, now) => {
        if (!slept) {
          slept = true;
          await lab.store.release(lease);
          await meanwhile();
        }
        return lab.store.renew(lease, ttlMs, now);
      },
    };
  }

  it('a lease that ran out in a sleep is taken again when nobody else did', async () => {
    const lab = new Lab();
    const store = sleepy(lab, async () => {});
    let stopped = false;
    const work = async (stop: AbortSignal) => {
      await lab.clock.sleep(3 * TTL_MS, stop);
      stopped = stop.aborted;
      return holder(lab);
    };
    const world = lab.world({ store });
    assert.equal(await lab.clock.drive(withObserverLease(world, work)), world.owner);
    assert.equal(stopped, false);
    assert.equal(await holder(lab), null, 'the new one is given back too');
  });

  it('one that another took over ends the work', async () => {
    const lab = new Lab();
    const store = sleepy(lab, () => lab.store.acquire('observer', OTHER, 10 * TTL_MS, lab.clock.now()));
    const began = lab.clock.now();
    const work = (stop: AbortSignal) => lab.clock.sleep(100 * TTL_MS, stop);
    await assert.rejects(lab.clock.drive(withObserverLease(lab.world({ store }), work)), {
      code: 'lease-lost',
    });
    assert.ok(lab.clock.now() - began < TTL_MS, 'at once');
    assert.equal(await holder(lab), OTHER, 'and leaves the other’s lease alone');
  });

  it('a store that fails for a moment does not', async () => {
    const lab = new Lab();
    let failures = 1;
    const store: Store = {
      ...lab.store,
      renew: async (lease, ttlMs, now) => {
        failures -= 1;
        if (failures >= 0) throw new StoreError({ code: 'store-busy', message: 'busy' });
        return lab.store.renew(lease, ttlMs, now);
      },
    };
    const work = () => lab.clock.sleep(3 * TTL_MS);
    await lab.clock.drive(withObserverLease(lab.world({ store }), work));
  });

  it('the stop signal of the program reaches the work', async () => {
    const lab = new Lab();
    lab.stop.abort();
    await lab.clock.drive(withObserverLease(lab.world(), async stop => assert.equal(stop.aborted, true)));
  });
});
