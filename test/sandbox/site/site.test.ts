/** The sandbox's sites must fail the way real machines do, or every scenario on top proves nothing. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Listener, startListener } from '../../../src/sandbox/site/listener.ts';
import { type SandboxSite, startSite } from '../../../src/sandbox/site/site.ts';
import { makeWorkspace } from '../../workspace.ts';

const run = promisify(execFile);

/** @returns the body, or the error's code; `silence` when nothing came within `waitMs` */
function ask(address: string, port: number, path = '/', waitMs = 400): Promise<string> {
  return new Promise(resolve => {
    const request = get({ host: address, port, path, agent: false, timeout: waitMs }, response => {
      let body = '';
      response.setEncoding('utf8').on('data', text => {
        body += text;
      });
      response.on('end', () => resolve(body.trim()));
    });
    request.once('timeout', () => {
      request.destroy();
      resolve('silence');
    });
    request.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  });
}

/** @returns whether the kernel completes a TCP handshake */
function connects(address: string, port: number, waitMs = 400): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: address, port });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, waitMs, false);
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

describe('sandbox: a site', () => {
  let site: SandboxSite;
  let folder: string;
  before(async () => {
    folder = makeWorkspace('site');
    site = await startSite({
      name: 'one',
      address: '127.0.0.41',
      address6: '::1',
      port: 0,
      folder,
      role: 'standby',
    });
  });
  after(() => site.close());
  afterEach(() => site.powerOn());

  it('answers with its name and its role, in each family', async () => {
    assert.equal(await ask('127.0.0.41', site.port), 'site one');
    assert.equal(await ask('127.0.0.41', site.port, '/role'), 'standby');
    assert.equal(await ask('127.0.0.41', site.port, '/else'), 'not here');
    if (site.v6 !== null) assert.equal(await ask('::1', site.port), 'site one');
  });

  it('refuses connections when it was killed, and comes back on the same port', async () => {
    await site.v4.kill();
    assert.equal(await ask('127.0.0.41', site.port), 'ECONNREFUSED');
    assert.equal(site.v4.state(), 'dead');
    await site.v4.start();
    assert.equal(await ask('127.0.0.41', site.port), 'site one');
  });

  it('takes connections and says nothing when it was stopped', async () => {
    await site.v4.stop();
    assert.equal(await connects('127.0.0.41', site.port), true);
    assert.equal(await ask('127.0.0.41', site.port), 'silence');
    await site.v4.start();
    assert.equal(await ask('127.0.0.41', site.port), 'site one');
  });

  it('drops every SYN when it was black-holed, for as many as come, and returns', async () => {
    await site.v4.blackhole();
    assert.equal(site.v4.state(), 'black-holed');
    const answers = await Promise.all(Array.from({ length: 20 }, () => connects('127.0.0.41', site.port)));
    assert.deepEqual(new Set(answers), new Set([false]));
    await site.v4.start();
    assert.equal(await ask('127.0.0.41', site.port, '/', 3000), 'site one');
  });

  it('is refused, not silent, when it is killed in the black hole', async () => {
    await site.v4.blackhole();
    await site.v4.kill();
    assert.equal(await ask('127.0.0.41', site.port), 'ECONNREFUSED');
  });

  it('loses one family and keeps the other', async () => {
    assert.ok(site.v6, 'this machine has no ::1');
    await site.v6.blackhole();
    assert.equal(await connects('::1', site.port), false);
    assert.equal(await ask('127.0.0.41', site.port), 'site one');
  });

  it('takes a burst of connections while it is well', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => ask('127.0.0.41', site.port, '/', 5000)),
    );
    assert.deepEqual(new Set(answers), new Set(['site one']));
  });

  it('is promoted by a command, and says so itself', async () => {
    const { promote, promoted, quiesce } = site.commands;
    const [shell = '', ...check] = promoted;
    await assert.rejects(run(shell, check));
    await run(shell, promote.slice(1));
    await run(shell, check);
    assert.equal(await ask('127.0.0.41', site.port, '/role'), 'active');
    await run(shell, quiesce.slice(1));
    await assert.rejects(run(shell, check));
    assert.equal(site.role(), 'standby');
  });

  it('tells the age of its data, and whether it has caught up', async () => {
    const [shell = '', ...freshness] = site.commands.freshness;
    site.setLag(90);
    assert.equal((await run(shell, freshness)).stdout, '90\n');
    await assert.rejects(run(shell, site.commands.catchUp.slice(1)));
    site.setLag(0);
    await run(shell, site.commands.catchUp.slice(1));
  });

  it('does nothing at all without power', async () => {
    await site.powerOff();
    await site.powerOff();
    assert.equal(await ask('127.0.0.41', site.port), 'ECONNREFUSED');
    if (site.v6 !== null) assert.equal(await ask('::1', site.port), 'ECONNREFUSED');
    for (const [shell = '', ...args] of Object.values(site.commands)) await assert.rejects(run(shell, args));
    await site.powerOn();
    assert.equal(await ask('127.0.0.41', site.port), 'site one');
  });

  it('says what is wrong when the port is taken', async () => {
    await assert.rejects(
      startSite({
        name: 'two',
        address: '127.0.0.41',
        port: site.port,
        folder: join(folder, 'two'),
        role: 'standby',
      }),
      /127\.0\.0\.41 port \d+: .*EADDRINUSE/,
    );
  });
});

describe('sandbox: a reference', () => {
  let reference: Listener;
  before(async () => {
    reference = await startListener({ kind: 'reference', address: '127.0.0.42', port: 0 });
  });
  after(() => reference.close());

  it('can be reached until it is black-holed', async () => {
    assert.equal(await connects('127.0.0.42', reference.port), true);
    await reference.blackhole();
    assert.equal(await connects('127.0.0.42', reference.port), false);
    await reference.start();
    assert.equal(await connects('127.0.0.42', reference.port, 3000), true);
  });
});

describe('sandbox: when the parent is killed', () => {
  // The parent is a program that starts a listener, stops or leaves it, prints its pid and port, and waits.
  const program = (deed: string) => `
    import { startListener } from ${JSON.stringify(new URL('../../../src/sandbox/site/listener.ts', import.meta.url).href)};
    const one = await startListener({ kind: 'reference', address: '127.0.0.43', port: 0 });
    await one.${deed}();
    console.log('port ' + one.port);
  `;
  for (const deed of ['start', 'blackhole']) {
    it(`no process stays behind after ${deed}`, async () => {
      const parent = spawn(
        process.execPath,
        [
          '--import',
          pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
          '--input-type=module',
          '--eval',
          program(deed),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [said] = await once(parent.stdout.setEncoding('utf8'), 'data');
      const port = Number(/port (\d+)/.exec(String(said))?.[1]);
      assert.ok(port > 0, String(said));
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      while ((await ask('127.0.0.43', port)) !== 'ECONNREFUSED') await new Promise(setImmediate);
    });
  }
});
