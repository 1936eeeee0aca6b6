/** The embedded world must be a real one: everything below is seen from outside, as understudy will see it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { hostname } from 'node:os';
import { readLocalFile } from '../../src/config/files.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type SandboxWorld, startWorld } from '../../src/sandbox/world.ts';
import { canaries } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';

/** @returns the first line of the page, or how it failed */
function page(address: string, port: number): Promise<string> {
  return new Promise(resolve => {
    const request = get({ host: address, port, agent: false, timeout: 400 }, response => {
      response.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    });
    request.once('timeout', () => request.destroy(Object.assign(new Error(), { code: 'silence' })));
    request.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  });
}

async function api(world: SandboxWorld, method: string, path: string): Promise<string> {
  const response = await fetch(`${world.hcloud.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${canaries.hcloudToken}` },
    signal: AbortSignal.timeout(1000),
  });
  return response.text();
}

describe('sandbox: the world', () => {
  let world: SandboxWorld;
  before(async () => {
    world = await startWorld({ folder: makeWorkspace('world'), secrets: canaries });
  });
  after(() => world.close());
  afterEach(() => world.heal());

  const primary4 = () => page('127.0.0.11', world.primary.port);
  const primary6 = () => page('::1', world.primary.port);
  const standby4 = () => page('127.0.0.12', world.primary.port);

  it('has a config that understudy accepts without a warning, and without a secret in it', async () => {
    const { settings, warnings } = await loadSettings({
      file: world.configFile,
      readFile: readLocalFile,
      env: world.env,
      hostname: hostname(),
    });
    assert.deepEqual(warnings, []);
    assert.equal(settings.mode, 'act');
    assert.deepEqual(
      settings.services[0]?.sites.map(({ name }) => name),
      ['primary', 'standby'],
    );
    const text = readFileSync(world.configFile, 'utf8');
    for (const secret of Object.values(canaries)) assert.ok(!text.includes(secret));
  });

  it('is well at the start', async () => {
    assert.deepEqual(await Promise.all([primary4(), primary6(), standby4()]), [
      'site primary',
      'site primary',
      'site standby',
    ]);
    assert.deepEqual(await world.answers(), {
      v4: ['127.0.0.11'],
      v6: ['::1'],
      epoch: 'v=1 epoch=1 active=primary owner=r-sandbox',
    });
  });

  it('locks IPv4: the flag in the API and the hole on the wire, the other family untouched', async () => {
    await world.lock();
    assert.equal(await primary4(), 'silence');
    assert.equal(await primary6(), 'site primary');
    const { server } = JSON.parse(await api(world, 'GET', '/servers/4711'));
    assert.equal(server.public_net.ipv4.blocked, true);
    assert.equal(server.public_net.ipv6.blocked, false);
    assert.equal(server.status, 'running');
  });

  it('locks IPv6 alone', async () => {
    await world.lockV6();
    assert.equal(await primary4(), 'site primary');
    assert.equal(await primary6(), 'silence');
    assert.deepEqual(world.hcloud.server(4711).blocked, { v4: false, v6: true });
  });

  it('crashes: refused in both families, the machine still running for its hoster', async () => {
    await world.crash();
    assert.equal(await primary4(), 'ECONNREFUSED');
    assert.equal(await primary6(), 'ECONNREFUSED');
    assert.equal(world.hcloud.server(4711).status, 'running');
  });

  it('is black-holed without a lock', async () => {
    await world.blackhole();
    assert.equal(await primary4(), 'silence');
    assert.equal(await primary6(), 'silence');
    assert.deepEqual(world.hcloud.server(4711).blocked, { v4: false, v6: false });
  });

  it('is blind: neither sites nor references, APIs or name server answer', async () => {
    await world.blind();
    assert.deepEqual(await Promise.all([primary4(), standby4()]), ['silence', 'silence']);
    for (const { address, port } of world.references) assert.equal(await page(address, port), 'silence');
    await assert.rejects(api(world, 'GET', '/servers/4711'), { name: 'TimeoutError' });
    await assert.rejects(world.answers(), { code: 'ETIMEOUT' });
  });

  it('loses the standby', async () => {
    await world.standbyDown();
    assert.equal(await standby4(), 'ECONNREFUSED');
    assert.equal(await primary4(), 'site primary');
  });

  it('an order of the API really cuts the power, before it is reported done, also in a black hole', async () => {
    await world.lock(['v4', 'v6']);
    const { action } = JSON.parse(await api(world, 'POST', '/servers/4711/actions/poweroff'));
    for (;;) {
      const { actions } = JSON.parse(await api(world, 'GET', `/actions?id=${action.id}`));
      if (actions[0].status !== 'running') break;
    }
    assert.equal(world.hcloud.server(4711).status, 'off');
    assert.equal(await primary4(), 'ECONNREFUSED');
    assert.equal(await primary6(), 'ECONNREFUSED');
    await world.heal();
    assert.equal(world.hcloud.server(4711).status, 'running');
    assert.equal(await primary4(), 'site primary');
  });
});

describe('sandbox: the world after its end', () => {
  it('leaves no process and no open port', async () => {
    const world = await startWorld({ folder: makeWorkspace('world'), secrets: canaries, epoch: false });
    assert.equal((await world.answers()).epoch, null);
    await world.blackhole();
    const { port } = world.primary;
    await world.close();
    assert.equal(await page('127.0.0.11', port), 'ECONNREFUSED');
    assert.equal(await page('127.0.0.12', port), 'ECONNREFUSED');
    await assert.rejects(api(world, 'GET', '/servers/4711'));
    const children = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => {
        try {
          return (
            readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(process.pid)
          );
        } catch {
          return false;
        }
      })
      .map(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .filter(command => command.includes('sandbox'));
    assert.deepEqual(children, []);
  });
});
