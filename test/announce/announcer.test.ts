/** Deliveries: one at a time, none lost between two, and a failure of one is its own. */
import assert from 'node:assert/strict';
import { createAnnouncer } from '../../src/announce/announcer.ts';

/** No delivery of these tests may fail. */
const never = (thrown: unknown): never => assert.fail(String(thrown));
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

describe('announcer', () => {
  it('delivers one at a time; any number of kicks meanwhile make one more', async () => {
    let [running, most, count] = [0, 0, 0];
    const announcer = createAnnouncer(async () => {
      running += 1;
      count += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
    }, never);
    announcer.kick();
    announcer.kick();
    announcer.kick();
    await announcer.flush();
    assert.equal(most, 1);
    assert.equal(count, 2);
  });

  it('flush waits for a delivery that begins after it was called', async () => {
    const delivered: string[] = [];
    let written = 'first';
    const announcer = createAnnouncer(async () => {
      const now = written;
      await turn();
      delivered.push(now);
    }, never);
    announcer.kick();
    written = 'second';
    await announcer.flush();
    assert.equal(delivered.at(-1), 'second');
  });

  it('loses no kick at whatever moment it comes', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      let count = 0;
      const announcer = createAnnouncer(async () => {
        count += 1;
      }, never);
      announcer.kick();
      for (let at = 0; at < turns; at += 1) await Promise.resolve();
      const before = count;
      await announcer.flush();
      assert.ok(count > before, `a flush ${turns} microtasks after a kick delivered nothing`);
    }
  });

  it('hands a failure to its owner and goes on', async () => {
    const errors: unknown[] = [];
    let count = 0;
    const announcer = createAnnouncer(
      async () => {
        count += 1;
        if (count === 1) throw new Error('sink');
      },
      thrown => void errors.push(thrown),
    );
    await announcer.flush();
    await announcer.flush();
    assert.equal(errors.length, 1);
    assert.equal(count, 2);
  });
});
