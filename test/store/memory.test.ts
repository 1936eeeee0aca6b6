import assert from 'node:assert/strict';
import { createMemoryStore } from '../../src/store/memory.ts';
import { describeStore } from '../conformance/store.ts';

describeStore('memory', async () => createMemoryStore());

describe('memory store', () => {
  it('outlives its close, so that a simulated restart finds the state', async () => {
    const store = createMemoryStore();
    await store.commit([{ kind: 'service', service: 'chat', patch: { epoch: 3 } }]);
    await store.close();
    assert.equal((await store.service('chat')).epoch, 3);
  });

  it('hands out what no reader can change', async () => {
    const store = createMemoryStore();
    await store.commit([{ kind: 'service', service: 'chat', patch: { tried: ['home'] } }]);
    const { tried } = await store.service('chat');
    assert.throws(() => (tried as string[]).push('away'), TypeError);
  });
});
