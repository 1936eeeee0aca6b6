/** The local promoter against the conformance suite, and what is only true of it. */
import assert from 'node:assert/strict';
import { createLocalPromoter } from '../../../src/providers/shell/local.ts';
import { promoterConformance } from '../../conformance/promoter.ts';

promoterConformance('local', async () => ({
  promoter: createLocalPromoter(),
  shell: { kind: 'local' },
  close: async () => {},
}));

describe('local promoter', () => {
  it('gives a status of null, and no time-out, when somebody else kills the command', async () => {
    const { signal } = new AbortController();
    const result = await createLocalPromoter().run(
      { kind: 'local' },
      { argv: ['sh', '-c', 'kill -KILL $$'], limitMs: 5_000 },
      { signal },
    );
    assert.deepEqual(result, { status: null, timedOut: false, tail: [] });
  });

  it('reports words too long for the system as refused', async () => {
    const { signal } = new AbortController();
    await assert.rejects(
      createLocalPromoter().run(
        { kind: 'local' },
        { argv: ['true', 'x'.repeat(300_000)], limitMs: 5_000 },
        { signal },
      ),
      { code: 'provider-rejected', message: /E2BIG/ },
    );
  });
});
