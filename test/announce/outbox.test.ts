/** Delivery: in order, at least once, each sink by itself, and bounded in time. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deliverOutbox, pauseMs } from '../../src/announce/outbox.ts';
import type { Notice } from '../../src/model/state.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { StoreError, UnderstudyError } from '../../src/ports/errors.ts';
import type { Sink } from '../../src/ports/providers.ts';
import type { Store } from '../../src/ports/store.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { systemClock } from '../../src/system/clock.ts';
import { NOW, notice } from './samples.ts';

const MINUTE = 60_000;

/** The real clock for waiting, a set one for the time of day. */
class SetClock implements Clock {
  at = NOW;
  now = (): number => this.at;
  monotonic = systemClock.monotonic;
  sleep = systemClock.sleep;
  deadline = systemClock.deadline;
}

class Recorder implements Sink {
  readonly name: string;
  readonly got: string[] = [];
  /** Called before it takes one; may throw. */
  before: (notice: Notice) => void | Promise<void> = () => {};
  constructor(name: string) {
    this.name = name;
  }
  async deliver(given: Notice): Promise<void> {
    await this.before(given);
    this.got.push(given.id);
  }
}

const down = (): never => {
  throw new UnderstudyError({ code: 'sink-unreachable', message: 'down\r\nhere', retriable: true });
};

describe('outbox', () => {
  let store: Store;
  let clock: SetClock;
  let a: Recorder;
  let b: Recorder;
  const never = new AbortController().signal;
  const deliver = (sinks: readonly Sink[] = [a, b], more: { budgetMs?: number; signal?: AbortSignal } = {}) =>
    deliverOutbox({ store, sinks, clock, random: () => 0, signal: never, ...more });
  const put = (...ids: string[]) =>
    store.commit(ids.map(id => ({ kind: 'notice', notice: notice(id), sinks: ['a', 'b'] })));

  beforeEach(() => {
    store = createMemoryStore();
    clock = new SetClock();
    a = new Recorder('a');
    b = new Recorder('b');
  });

  it('delivers to every sink in order, once', async () => {
    await put('n1', 'n2', 'n3');
    const report = await deliver();
    assert.deepEqual(a.got, ['n1', 'n2', 'n3']);
    assert.deepEqual(b.got, ['n1', 'n2', 'n3']);
    assert.deepEqual(report.sinks[0], { sink: 'a', delivered: 3, state: 'empty', dueAt: null, error: null });
    await deliver();
    assert.equal(a.got.length, 3);
  });

  it('stops a sink at its first failure, and hinders no other', async () => {
    await put('n1', 'n2', 'n3');
    a.before = ({ id }) => (id === 'n2' ? down() : undefined);
    const report = await deliver();
    assert.deepEqual(a.got, ['n1']);
    assert.deepEqual(b.got, ['n1', 'n2', 'n3']);
    assert.deepEqual(report.sinks[0]?.state, 'failed');
    assert.equal(report.sinks[0]?.error?.code, 'sink-unreachable');
    const [head] = await store.outbox('a', 1);
    assert.deepEqual([head?.attempts, head?.lastError], [1, 'sink-unreachable: down here']);
  });

  it('leaves a sink alone until its notice is due, then goes on where it stopped', async () => {
    await put('n1', 'n2');
    let attempts = 0;
    a.before = () => {
      attempts += 1;
      down();
    };
    await deliver();
    clock.at += 4_999;
    const early = await deliver();
    assert.deepEqual([attempts, early.sinks[0]?.state, early.sinks[0]?.dueAt], [1, 'waiting', NOW + 5_000]);
    clock.at += 1;
    await deliver();
    assert.equal(attempts, 2);
    a.before = () => {};
    clock.at += 10_000;
    await deliver();
    assert.deepEqual(a.got, ['n1', 'n2']);
  });

  it('is not silenced by a clock that was ahead when the pause was set', async () => {
    await put('n1');
    a.before = down;
    clock.at += 365 * 24 * 60 * MINUTE;
    await deliver();
    a.before = () => {};
    clock.at = NOW;
    await deliver();
    assert.deepEqual(a.got, ['n1']);
  });

  it('delivers again what was taken but not recorded: at least once, never lost', async () => {
    await put('n1', 'n2');
    const full = new StoreError({ code: 'store-full', message: 'disk full' });
    const broken = { outbox: store.outbox, commit: () => Promise.reject(full) };
    await assert.rejects(
      deliverOutbox({ store: broken, sinks: [a], clock, random: () => 0, signal: never }),
      full,
    );
    assert.deepEqual(a.got, ['n1']);
    await deliver([a]);
    assert.deepEqual(a.got, ['n1', 'n1', 'n2']);
  });

  it('surfaces a store error of one sink after the others had their turn', async () => {
    await put('n1');
    const busy = new StoreError({ code: 'store-busy', message: 'busy' });
    const half: Pick<Store, 'outbox' | 'commit'> = {
      commit: store.commit,
      outbox: async (sink, limit) => {
        if (sink === 'a') throw busy;
        return store.outbox(sink, limit);
      },
    };
    await assert.rejects(
      deliverOutbox({ store: half, sinks: [a, b], clock, random: () => 0, signal: never }),
      busy,
    );
    assert.deepEqual(b.got, ['n1']);
    assert.equal((await store.outbox('b', 1)).length, 0);
  });

  it('ends in its budget although a sink never answers and does not listen to its signal', async () => {
    await put('n1');
    a.before = () => new Promise(() => {});
    const report = await deliver([a, b], { budgetMs: 60 });
    assert.deepEqual(
      report.sinks.map(({ state, error }) => [state, error?.code]),
      [
        ['failed', 'sink-timeout'],
        ['empty', undefined],
      ],
    );
    assert.equal((await store.outbox('a', 1))[0]?.attempts, 1);
  });

  it('counts no attempt when the program is told to stop, and tries nothing more', async () => {
    await put('n1', 'n2');
    const stop = new AbortController();
    a.before = () => {
      stop.abort();
      return new Promise(() => {});
    };
    const report = await deliver([a], { signal: stop.signal });
    assert.equal(report.sinks[0]?.state, 'out-of-time');
    assert.equal((await store.outbox('a', 1))[0]?.attempts, 0);
  });

  it('counts an attempt that the deadline of the caller cut off', async () => {
    await put('n1');
    a.before = () => new Promise(() => {});
    const report = await deliver([a], { signal: AbortSignal.timeout(50) });
    assert.deepEqual([report.sinks[0]?.state, report.sinks[0]?.error?.code], ['failed', 'sink-timeout']);
    assert.equal((await store.outbox('a', 1))[0]?.attempts, 1);
  });

  it('takes an exception of a sink for a failure like any other', async () => {
    await put('n1');
    const thrower: Sink = {
      name: 'a',
      deliver: () => {
        throw new TypeError('bug');
      },
    };
    const report = await deliver([thrower, b]);
    assert.deepEqual([report.sinks[0]?.state, report.sinks[0]?.error?.message], ['failed', 'bug']);
    assert.deepEqual(b.got, ['n1']);
  });

  it('loses nothing and keeps the order of first sight when two processes deliver at once', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await put(...ids);
    a.before = () => new Promise(resolve => setImmediate(resolve));
    await Promise.all([deliver([a]), deliver([a])]);
    assert.deepEqual([...new Set(a.got)], ids);
    assert.equal((await store.outbox('a', 1)).length, 0);
  });

  it('doubles its pauses up to 15 minutes, and shortens them by up to half', () => {
    assert.deepEqual(
      [1, 2, 3, 8, 9, 1_000].map(attempts => pauseMs(attempts, () => 0)),
      [5_000, 10_000, 20_000, 640_000, 15 * MINUTE, 15 * MINUTE],
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, r) => {
          const pause = pauseMs(attempts, () => r);
          assert.ok(pause >= 2_500 && pause <= 15 * MINUTE);
        },
      ),
    );
  });
});
