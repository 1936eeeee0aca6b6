/** What is read off the newest runs: the last that changed DNS, and how many have failed since. */
import assert from 'node:assert/strict';
import type { Run } from '../../src/model/state.ts';
import { lookBack } from '../../src/reconcile/look-back.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { makeRun } from '../plan/scene.ts';

const HOUR = 3_600_000;

/** @param runs the oldest first, each an hour after the one before unless it says otherwise */
async function lookedBack(...runs: readonly Partial<Run>[]) {
  const store = createMemoryStore();
  for (const [index, patch] of runs.entries()) {
    const startedAt = patch.startedAt ?? (index + 1) * HOUR;
    const run = makeRun({ id: `r-${index}`, flipped: false, startedAt, endedAt: startedAt + 1000, ...patch });
    await store.commit([{ kind: 'run', run }]);
  }
  return lookBack(store, await store.service('web'));
}

const FAILED = { status: 'failed' } as const;
const DONE = { status: 'done', flipped: true } as const;

describe('look back', () => {
  it('finds nothing where nothing was run, and no failure after a run that changed DNS', async () => {
    assert.deepEqual(await lookedBack(), { lastFlip: null, lastTurn: null, lastFailure: null, failures: 0 });
    const found = await lookedBack(FAILED, FAILED, DONE);
    assert.deepEqual([found.lastFlip?.id, found.lastFailure, found.failures], ['r-2', null, 0]);
  });

  it('counts what has failed since DNS was changed last, and names the newest', async () => {
    const found = await lookedBack(FAILED, DONE, FAILED, FAILED);
    assert.deepEqual([found.lastFlip?.id, found.lastFailure?.id, found.failures], ['r-1', 'r-3', 2]);
  });

  it('a run that was superseded or abandoned in between had no luck either: the pause goes on growing', async () => {
    for (const status of ['superseded', 'abandoned'] as const) {
      const found = await lookedBack(FAILED, { status }, FAILED, { status });
      assert.deepEqual([found.lastFailure?.id, found.failures], ['r-2', 2], status);
    }
  });

  it('what failed another night is forgotten', async () => {
    const found = await lookedBack({ ...FAILED, startedAt: 0 }, { ...FAILED, startedAt: 3 * HOUR }, FAILED);
    assert.deepEqual([found.lastFailure?.id, found.failures], ['r-2', 2]);
  });
});
