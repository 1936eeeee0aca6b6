import assert from 'node:assert/strict';
import { once } from 'node:events';
import { systemClock as clock } from '../../src/system/clock.ts';

describe('system clock', () => {
  it('tells the time', () => {
    assert.ok(Math.abs(clock.now() - Date.now()) < 1000);
    const before = clock.monotonic();
    assert.ok(clock.monotonic() >= before);
  });

  it('sleeps for as long as it was told', async () => {
    const before = clock.monotonic();
    await clock.sleep(30);
    // Timers count whole ms of their own clock, so one may be missing.
    assert.ok(clock.monotonic() - before >= 29);
  });

  it('wakes at once, without an error, when told to', async () => {
    const stop = new AbortController();
    const sleeping = clock.sleep(3_600_000, stop.signal);
    stop.abort(new Error('enough'));
    await sleeping;
    await clock.sleep(3_600_000, stop.signal);
  });

  it('sleeps longer than a timer can', async () => {
    const stop = new AbortController();
    let awake = false;
    const sleeping = clock.sleep(2 ** 40, stop.signal).then(() => {
      awake = true;
    });
    // Node fires a timer that overflows after 1 ms.
    await clock.sleep(20);
    assert.equal(awake, false);
    stop.abort();
    await sleeping;
  });

  it('fires a deadline with a TimeoutError', async () => {
    const { signal } = clock.deadline(5);
    assert.equal(signal.aborted, false);
    await once(signal, 'abort');
    assert.equal((signal.reason as DOMException).name, 'TimeoutError');
  });

  it('fires a deadline with its parent, for the reason of the parent', () => {
    const parent = new AbortController();
    const { signal } = clock.deadline(3_600_000, parent.signal);
    const reason = new Error('shutting down');
    parent.abort(reason);
    assert.equal(signal.reason, reason);
    assert.equal(clock.deadline(3_600_000, parent.signal).signal.reason, reason);
  });

  it('lets go of a deadline that is done', async () => {
    const parent = new AbortController();
    const deadline = clock.deadline(5, parent.signal);
    deadline.done();
    await clock.sleep(20);
    assert.equal(deadline.signal.aborted, false);
    parent.abort();
    assert.equal(deadline.signal.aborted, false);
  });
});
