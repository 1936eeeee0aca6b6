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

  it('hands on the plain part of the environment and nothing else', async () => {
    const plain = { PATH: '/usr/bin:/bin', HOME: '/var/lib/mia', LC_ALL: 'C', SSH_AUTH_SOCK: '/run/agent' };
    const secret = { HCLOUD_TOKEN: 'x', AWS_SECRET_ACCESS_KEY: 'x', PATH_TOKEN: 'x', NODE_OPTIONS: '' };
    const promoter = createLocalPromoter({ parentEnv: { ...plain, ...secret } });
    const { signal } = new AbortController();
    const result = await promoter.run({ kind: 'local' }, { argv: ['env'], limitMs: 5_000 }, { signal });
    assert.deepEqual(
      [...result.tail].sort(),
      Object.entries(plain)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
    );
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
