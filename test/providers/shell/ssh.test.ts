/** The ssh promoter against a real sshd: the conformance suite, and all the ways in which a connection can fail. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Command, Shell } from '../../../src/model/service.ts';
import { ProviderError } from '../../../src/ports/errors.ts';
import { createSshPromoter, type SshPromoter } from '../../../src/providers/shell/ssh.ts';
import { deathWatch, promoterConformance } from '../../conformance/promoter.ts';
import { makeWorkspace } from '../../workspace.ts';
import { type Sshd, startSshd } from './sshd.ts';

const { signal } = new AbortController();
const configFile = '/dev/null';

function sh(script: string, limitMs = 15_000, ...args: string[]): Command {
  return { argv: ['sh', '-c', script, 'sh', ...args], limitMs };
}

promoterConformance('ssh', async () => {
  const sshd = await startSshd();
  const promoter = createSshPromoter({ controlDir: join(sshd.directory, 'cm'), configFile });
  return {
    promoter,
    shell: sshd.shell,
    close: async () => {
      await promoter.close();
      await sshd.stop();
    },
  };
});

describe('ssh promoter', () => {
  let sshd: Sshd;
  let promoter: SshPromoter;
  let tests = 0;
  let earlier = 0;
  /** New connections at the server in this test. */
  const connections = () => sshd.log.filter(line => line.startsWith('Connection from')).length - earlier;
  const fails = async (shell: Shell, code: string, message: RegExp, command = sh('true')) => {
    let caught: unknown;
    await promoter.run(shell, command, { signal }).catch((error: unknown) => {
      caught = error;
    });
    assert.ok(caught instanceof ProviderError, `no ProviderError but ${String(caught)}`);
    assert.equal(caught.code, code, caught.message);
    assert.match(caught.message, message);
    assert.ok(caught.next);
    return caught;
  };

  before(async () => {
    sshd = await startSshd();
  });
  beforeEach(() => {
    tests += 1;
    earlier += connections();
    promoter = createSshPromoter({ controlDir: join(sshd.directory, `cm${tests}`), configFile });
  });
  afterEach(async () => {
    sshd.signal('server', 'SIGCONT');
    await promoter.close();
  });
  after(() => sshd.stop());

  it('shares one connection between commands, in a directory of mode 0700', async () => {
    for (let count = 0; count < 3; count += 1) await promoter.run(sshd.shell, sh('true'), { signal });
    assert.equal(connections(), 1);
    assert.equal(statSync(join(sshd.directory, `cm${tests}`)).mode & 0o777, 0o700);

    // A command stopped at its limit may have met a dead line: the next one connects anew.
    assert.equal(
      (await promoter.run(sshd.shell, sh('echo begun; sleep 60', 1_500), { signal })).timedOut,
      true,
    );
    assert.equal((await promoter.run(sshd.shell, sh('true'), { signal })).status, 0);
    assert.equal(connections(), 2);
  });

  it('does not lend a connection made with one key to a site configured with another', async () => {
    await promoter.run(sshd.shell, sh('true'), { signal });
    const stranger = { ...sshd.shell, identityFile: join(sshd.directory, 'stranger') };
    await fails(stranger, 'provider-unauthorized', /login refused/);
  });

  it('closes the control directory to others, and does without sharing in one that is not ours or too long', async () => {
    const open = join(sshd.directory, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const tidy = createSshPromoter({ controlDir: open, configFile });
    await tidy.run(sshd.shell, sh('true'), { signal });
    await tidy.close();
    assert.equal(statSync(open).mode & 0o777, 0o700);

    const link = join(sshd.directory, 'link');
    symlinkSync(open, link);
    for (const controlDir of [link, join(sshd.directory, 'x'.repeat(100)), '/dev/null/cm']) {
      const before = connections();
      const alone = createSshPromoter({ controlDir, configFile });
      for (let count = 0; count < 2; count += 1) {
        const result = await alone.run(sshd.shell, sh('exit 5'), { signal });
        assert.equal(result.status, 5);
        assert.match(result.tail.join('\n'), /connects anew/);
      }
      assert.equal(connections(), before + 2);
      await alone.close();
    }
  });

  it('tells refused, unknown host key, changed host key and refused login apart; none is said to be applied', async () => {
    const { directory, shell } = sshd;
    const refused = await fails({ ...shell, port: 1 }, 'provider-unreachable', /connection refused/);
    assert.deepEqual([refused.applied, refused.retriable], ['no', true]);

    writeFileSync(join(directory, 'empty'), '');
    const unknown = await fails(
      { ...shell, knownHostsFile: join(directory, 'empty') },
      'provider-unauthorized',
      /host key is not known/,
    );
    assert.deepEqual([unknown.applied, unknown.retriable], ['no', false]);

    const other = await startSshd('other');
    const key = readFileSync(join(other.directory, 'host.pub'), 'utf8');
    await other.stop();
    writeFileSync(join(directory, 'changed'), `[127.0.0.1]:${shell.port} ${key}`);
    await fails(
      { ...shell, knownHostsFile: join(directory, 'changed') },
      'provider-unauthorized',
      /host key has CHANGED/,
    );

    await fails(
      { ...shell, identityFile: join(directory, 'stranger') },
      'provider-unauthorized',
      /login refused/,
    );
    await fails({ ...shell, user: 'understudy-nobody' }, 'provider-unauthorized', /login refused/);
    await fails({ ...shell, host: 'no-such-host.invalid' }, 'provider-unreachable', /has no address/);
  });

  it('gives up on an sshd that accepts and says nothing, after the connect time-out', async () => {
    sshd.signal('server', 'SIGSTOP');
    await fails({ ...sshd.shell, connectTimeoutMs: 1_000 }, 'provider-timeout', /no answer in time/);
  });

  it('gives up at the limit of the command when that comes first', async () => {
    sshd.signal('server', 'SIGSTOP');
    await fails(sshd.shell, 'provider-timeout', /no sign that the command had started/, sh('true', 500));
  });

  it('is not misled by a peer that is no ssh server', async () => {
    const http = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(http, 'listening');
    const address = http.address();
    assert.ok(address !== null && typeof address === 'object');
    await fails(
      { ...sshd.shell, port: address.port },
      'provider-unreachable',
      /closed the connection|no connection/,
    );
    http.close();
  });

  it('says that the outcome is unknown when the connection is cut while the command runs', async () => {
    const watch = deathWatch();
    const ended = fails(
      sshd.shell,
      'provider-unreachable',
      /outcome is not known/,
      sh('exec 9>"$1"; echo begun >&9; sleep 60', 60_000, watch.path),
    );
    await once(watch.opened, 'data');
    sshd.signal('connections', 'SIGKILL');
    assert.equal((await ended).applied, 'unknown');
    await watch.dead; // the command did not outlive the connection
    assert.equal(
      (await promoter.run(sshd.shell, sh('true'), { signal })).status,
      0,
      'the next one connects anew',
    );
  });

  it('notices a shared connection that went dead, and connects anew', async () => {
    const shell = { ...sshd.shell, connectTimeoutMs: 1_000 };
    await promoter.run(shell, sh('true'), { signal });
    sshd.signal('connections', 'SIGSTOP');
    assert.equal((await promoter.run(shell, sh('exit 9'), { signal })).status, 9);
    assert.equal(connections(), 2);
  });

  it('ends the command there when its own process is killed', async () => {
    const watch = deathWatch();
    const program = `
      import { createSshPromoter } from ${JSON.stringify(new URL('../../../src/providers/shell/ssh.ts', import.meta.url).href)};
      await createSshPromoter({ controlDir: ${JSON.stringify(join(sshd.directory, 'own'))}, configFile: '/dev/null' }).run(
        ${JSON.stringify(sshd.shell)},
        { argv: ['sh', '-c', 'exec 9>"$1"; echo begun; exec sleep 600', 'sh', ${JSON.stringify(watch.path)}], limitMs: 600000 },
        { signal: new AbortController().signal, onOutput: line => console.log(line) });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await watch.dead;
  });

  it('takes the status of a forced command that does not run what was asked', async () => {
    const forced = await startSshd('forced', 'command="echo forced; exit 6"');
    const alone = createSshPromoter({ controlDir: join(forced.directory, 'cm'), configFile });
    const result = await alone.run(forced.shell, sh('exit 1'), { signal });
    assert.deepEqual(result, { status: 6, timedOut: false, tail: ['forced'] });
    await alone.close();
    await forced.stop();
  });

  it('refuses hosts, users and paths that ssh or a shell could take for something else', async () => {
    const { shell } = sshd;
    const before = connections();
    for (const host of ['-oProxyCommand=id', 'a b', '$(id)', '`id`', 'a;b', '', 'ssh://x', 'u@h'])
      await fails({ ...shell, host }, 'provider-rejected', /ssh host/);
    for (const user of ['-l', 'a b', '$(id)', '', 'root@x', 'a\nb'])
      await fails({ ...shell, user }, 'provider-rejected', /ssh user/);
    for (const identityFile of ['a"b', 'a\nb', '$HOME/x'])
      await fails({ ...shell, identityFile }, 'provider-rejected', /path/);
    assert.equal(connections(), before);
  });

  it('keeps the secrets in the environment of understudy from the client, and what that starts', async () => {
    const program = join(sshd.directory, 'client');
    const seen = join(sshd.directory, 'seen');
    writeFileSync(program, `#!/bin/sh\nenv >'${seen}'\nexec ssh "$@"\n`, { mode: 0o755 });
    const spied = createSshPromoter({ controlDir: join(sshd.directory, `cm${tests}`), configFile, program });
    process.env.UNDERSTUDY_CANARY_TOKEN = 'canary';
    try {
      assert.equal((await spied.run(sshd.shell, sh('true'), { signal })).status, 0);
    } finally {
      delete process.env.UNDERSTUDY_CANARY_TOKEN;
    }
    assert.match(readFileSync(seen, 'utf8'), /^PATH=/m);
    assert.doesNotMatch(readFileSync(seen, 'utf8'), /canary/i);
  });

  it('says what to install when there is no ssh client', async () => {
    const none = createSshPromoter({
      controlDir: join(makeWorkspace('cm'), 'c'),
      program: '/nonexistent/ssh',
    });
    await assert.rejects(none.run(sshd.shell, sh('true'), { signal }), {
      code: 'provider-rejected',
      message: /OpenSSH client could not be started here \(ENOENT\)/,
    });
    await none.close();
  });
});
