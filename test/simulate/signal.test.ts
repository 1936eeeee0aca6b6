/** The simulator's signal against Node's own: whatever is done to both, the same listeners are told, in the same order. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { VirtualSignal } from '../../src/simulate/signal.ts';

/** What can be done with a signal: a listener comes or goes, or it fires. */
type Deed = { readonly do: 'add' | 'remove' | 'abort'; readonly who: number };

function play(deeds: readonly Deed[], signal: AbortSignal, abort: () => void): readonly number[] {
  const told: number[] = [];
  const listeners = [0, 1, 2].map(who => () => void told.push(who));
  const [first = () => {}] = listeners;
  // One is an object, as the DOM allows.
  const asObject = { handleEvent: () => void told.push(3) };
  for (const { do: verb, who } of deeds) {
    const listener = who === 3 ? asObject : (listeners[who] ?? first);
    if (verb === 'add') signal.addEventListener('abort', listener);
    else if (verb === 'remove') signal.removeEventListener('abort', listener);
    else abort();
  }
  return told;
}

describe('simulate: a signal', () => {
  it('is aborted once, with the first reason', () => {
    const signal = new VirtualSignal();
    signal.throwIfAborted();
    assert.equal(signal.aborted, false);
    signal.abort('one');
    signal.abort('two');
    assert.deepEqual([signal.aborted, signal.reason], [true, 'one']);
    assert.throws(
      () => signal.throwIfAborted(),
      (thrown: unknown) => thrown === 'one',
    );
  });

  it('tells those who listen when it fires, each once, and nobody who came too late', () => {
    const signal = new VirtualSignal();
    const told: string[] = [];
    const twice = () => void told.push('twice');
    signal.addEventListener('abort', twice);
    signal.addEventListener('abort', twice);
    signal.addEventListener('abort', () => {
      assert.equal(signal.aborted, true);
      told.push('second');
    });
    signal.abort('now');
    signal.addEventListener('abort', () => void told.push('late'));
    signal.abort('again');
    assert.deepEqual(told, ['twice', 'second']);
  });

  it('does with its listeners what Node’s does', () => {
    const deed = fc.record({
      do: fc.constantFrom('add' as const, 'add' as const, 'remove' as const, 'abort' as const),
      who: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 15 }), deeds => {
        const ours = new VirtualSignal();
        const node = new AbortController();
        assert.deepEqual(
          play(deeds, ours, () => ours.abort('x')),
          play(deeds, node.signal, () => node.abort('x')),
        );
        assert.equal(ours.aborted, node.signal.aborted);
      }),
      { numRuns: 500 },
    );
  });
});
