/** A process that dies or sleeps between any two awaits, on a station whose clock is wrong. */
import assert from 'node:assert/strict';
import { Process } from '../../src/simulate/process.ts';
import { BEGINNING, Station } from '../../src/simulate/station.ts';
import { Timeline } from '../../src/simulate/timeline.ts';

function stage(offsetMs = 0) {
  const timeline = new Timeline();
  const station = new Station({ name: 'desk', runner: null, offsetMs }, timeline);
  const actor = { process: 'desk/boot/1/1/1', station: 'desk', program: 'run' };
  return { timeline, station, process: new Process(actor, station, timeline) };
}

/** Three calls in a row; what took effect, and what came back. */
function threeCalls({ process }: ReturnType<typeof stage>) {
  const seen = { done: [] as number[], back: [] as number[] };
  void (async () => {
    for (const number of [1, 2, 3]) {
      seen.back.push(await process.call(() => seen.done.push(number)));
    }
  })();
  return seen;
}

describe('simulate: process', () => {
  it('dies before or after a call took effect, and nothing of it comes back', async () => {
    for (const [when, done] of [
      ['before', [1]],
      ['after', [1, 2]],
    ] as const) {
      const set = stage();
      let deaths = 0;
      set.process.onDeath = () => void (deaths += 1);
      set.process.doom(2, { what: 'dies', when });
      const seen = threeCalls(set);
      await set.timeline.run(1000);
      assert.deepEqual([seen.done, seen.back, deaths], [done, [1], 1], when);
    }
  });

  it('a failing call fails, unless the process died with it', async () => {
    const { process, timeline } = stage();
    const failing = () => process.call(() => Promise.reject(new Error('refused')));
    await assert.rejects(failing(), /refused/);
    process.doom(1, { what: 'dies', when: 'after' });
    let came = false;
    failing().then(
      () => (came = true),
      () => (came = true),
    );
    await timeline.run(10);
    assert.equal(came, false);
  });

  it('sleeps in the middle, and its timers with it', async () => {
    const set = stage();
    const { process, timeline } = set;
    process.doom(2, { what: 'sleeps', forMs: 5000 });
    const seen = threeCalls(set);
    const rang: number[] = [];
    void process.clock.sleep(1000).then(() => rang.push(timeline.now));
    await timeline.run(4999);
    assert.deepEqual([seen.done, rang], [[1], []]);
    await timeline.run(5001);
    assert.deepEqual([seen.done, rang], [[1, 2, 3], [5000]]);
  });

  it('wakes at once when fate relents', async () => {
    const set = stage();
    set.process.doom(1, { what: 'sleeps', forMs: 5000 });
    const seen = threeCalls(set);
    await set.timeline.run(10);
    set.process.relent();
    await set.timeline.run(11);
    assert.deepEqual(seen.done, [1, 2, 3]);
  });

  it('a timer of a dead process never rings; a deadline fires, and follows its parent', async () => {
    const { process, timeline } = stage();
    const parent = new AbortController();
    const own = process.clock.deadline(100);
    const followed = process.clock.deadline(1000, parent.signal);
    await timeline.run(100);
    assert.equal(own.signal.aborted, true);
    assert.equal((own.signal.reason as Error).name, 'TimeoutError');
    parent.abort('enough');
    assert.equal(followed.signal.reason, 'enough');
    let rang = false;
    void process.clock.sleep(10).then(() => (rang = true));
    process.die();
    await timeline.run(1000);
    assert.equal(rang, false);
  });
});

describe('simulate: a station’s clock', () => {
  it('is ahead, jumps and drifts; the monotonic one never goes back', async () => {
    const { station, timeline } = stage(40_000);
    assert.equal(station.wall(), BEGINNING + 40_000);
    await timeline.run(1000);
    station.jump(-100_000);
    assert.equal(station.wall(), BEGINNING + 1000 - 60_000);
    assert.equal(station.monotonic(), 1000);
    station.drift(5000);
    await timeline.run(101_000);
    assert.equal(station.monotonic(), 101_500);
    assert.equal(station.wall(), BEGINNING + 101_500 - 60_000);
    assert.ok(Math.abs(station.trueMs(1005) - 1000) < 0.1, 'its timers run as fast as its clock');
    station.drift(0);
    await timeline.run(102_000);
    assert.equal(station.monotonic(), 102_500);
    assert.equal(station.aheadMs, -59_500);
  });
});
