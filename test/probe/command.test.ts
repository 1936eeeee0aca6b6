/** command: the exit status decides, the group dies with the attempt, output of any size is harmless. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProber } from '../../src/probe/prober.ts';
import { makeWorkspace } from '../workspace.ts';
import { fails, look, passes, resources, settled } from './looks.ts';

const sh = (script: string) => ({ argv: ['sh', '-c', script] });

/** Resolves when the process runs no more; it may stay a zombie where nobody reaps orphans. */
async function gone(pid: string): Promise<void> {
  const start = performance.now();
  const stat = `/proc/${pid}/stat`;
  while (existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'))) {
    assert.ok(performance.now() - start < 3000, `${pid} lives on`);
    await new Promise(resolve => setImmediate(resolve));
  }
}

describe('probe: command', () => {
  it('goes by the exit status', async () => {
    passes(await look('command', sh('echo fine')), /^exit status 0: fine$/);
    const result = await look('command', sh('echo first; echo worse; echo debug >&2; exit 2'));
    fails(result, 'exit', /^exit status 2: worse$/);
    assert.deepEqual(result.facts, { exitStatus: 2 });
    passes(await look('command', { ...sh('exit 1'), statuses: [0, 1] }));
    fails(await look('command', { ...sh('exit 0'), statuses: [1] }), 'exit', /exit status 0/);
    fails(await look('command', sh('echo broken >&2; exit 1')), 'exit', /^exit status 1: broken$/);
    fails(await look('command', sh('kill -TERM $$')), 'exit', /killed by SIGTERM/);
  });

  it('gives the target in the environment, and nothing else that was not given', async () => {
    const prober = createProber({ environment: { PATH: '/usr/bin:/bin', GIVEN: 'yes' } });
    const target = { address: '::1', family: 'v6', publicName: 'www.example.org' } as const;
    process.env.UNDERSTUDY_TEST_LEAK = 'leak';
    const script =
      'echo "$UNDERSTUDY_ADDRESS $UNDERSTUDY_FAMILY $UNDERSTUDY_NAME $GIVEN [$UNDERSTUDY_TEST_LEAK]"';
    const result = await prober.probe('command', sh(script), target, 5000);
    delete process.env.UNDERSTUDY_TEST_LEAK;
    passes(result, /: ::1 v6 www\.example\.org yes \[\]$/);
  });

  it('runs without a shell in between', async () => {
    passes(await look('command', { argv: ['echo', '$HOME; exit 9'] }), /\$HOME; exit 9$/);
  });

  it('says so when the program cannot be run', async () => {
    fails(
      await look('command', { argv: ['/nonexistent/check'] }),
      'internal',
      /cannot run \/nonexistent\/check \(ENOENT\)/,
    );
    fails(await look('command', { argv: ['/etc/passwd'] }), 'internal', /EACCES/);
    fails(await look('command', { argv: [] }), 'internal', /argv is empty/);
  });

  it('kills the whole group at the deadline', async () => {
    const before = await resources();
    const pidFile = join(makeWorkspace('command'), 'pid');
    const script = `trap '' TERM; sleep 60 & echo $! > ${pidFile}; wait`;
    fails(await look('command', sh(script), 1000), 'timeout', /^no exit within 1000 ms$/);
    await settled(before);
    await gone(readFileSync(pidFile, 'utf8').trim());
  });

  it('does not wait for a child that keeps the pipes open', async () => {
    const before = await resources();
    passes(await look('command', sh('echo done; sleep 60 & exit 0'), 10_000), /done$/);
    await settled(before);
  });

  it('is not hurt by endless or binary output', async () => {
    const before = process.memoryUsage().rss;
    fails(await look('command', { argv: ['yes', 'spam'] }, 500), 'timeout', /no exit/);
    passes(
      await look(
        'command',
        sh('head -c 30000000 /dev/zero; head -c 5000 /dev/urandom; echo; printf "\\033[2Jend"'),
      ),
      /\[2Jend$/,
    );
    assert.ok(process.memoryUsage().rss - before < 100e6);
  });
});
