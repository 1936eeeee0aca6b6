/** Virtual time: order, rest between events, and an end. */
import assert from 'node:assert/strict';
import { Timeline } from '../../src/simulate/timeline.ts';

describe('simulate: timeline', () => {
  it('serves by instant, and equal instants in the order asked for', async () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name} ${timeline.now}`);
    timeline.at(20, note('late'));
    timeline.at(10, note('first'));
    timeline.at(10, note('second'));
    timeline.after(-5, note('past'));
    await timeline.run(100);
    assert.deepEqual(seen, ['past 0', 'first 10', 'second 10', 'late 20']);
    assert.equal(timeline.now, 100);
  });

  it('lets everything that an event set off come to rest before the next', async () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    timeline.at(1, () => {
      void (async () => {
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
        seen.push(`chain done at ${timeline.now}`);
      })();
    });
    timeline.at(2, () => void seen.push('next'));
    await timeline.run(5);
    assert.deepEqual(seen, ['chain done at 1', 'next']);
  });

  it('lets what was set off before it began come to rest, too, wherever it is called from', async () => {
    const seen: string[] = [];
    await new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        const timeline = new Timeline();
        void (async () => {
          for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
          timeline.at(1, () => void seen.push('of the chain'));
        })();
        timeline.at(2, () => void seen.push('next'));
        timeline.run(5).then(resolve, reject);
      });
    });
    assert.deepEqual(seen, ['of the chain', 'next']);
  });

  it('what is taken back does not happen; what lies beyond the end waits', async () => {
    const timeline = new Timeline();
    const seen: number[] = [];
    const back = timeline.at(1, () => void seen.push(1));
    timeline.at(50, () => void seen.push(50));
    back();
    await timeline.run(10);
    assert.deepEqual(seen, []);
    await timeline.run(60);
    assert.deepEqual(seen, [50]);
  });

  it('stops where it stands when it is over', async () => {
    const timeline = new Timeline();
    let over = false;
    timeline.at(5, () => {
      over = true;
    });
    timeline.at(6, () => assert.fail('it was over'));
    await timeline.run(100, () => over);
    assert.equal(timeline.now, 5);
  });
});
