/** The Hetzner emulator as a peer on the wire: what it answers, what it does, and what goes wrong when asked to. */
import assert from 'node:assert/strict';
import type { HcloudEmulator, HcloudOptions } from '../../../src/sandbox/hcloud/hcloud.ts';
import { startHcloud } from '../../../src/sandbox/hcloud/hcloud.ts';
import { network64 } from '../../../src/sandbox/hcloud/wire.ts';
import { canaries } from '../../secrets.ts';

const token = canaries.hcloudToken;
const WEB = { id: 42, name: 'web', ipv4: '192.0.2.42', ipv6: '2001:db8:42::1' };

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what comes over the wire is looked at freely here
type Json = any;
interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
}

describe('hcloud emulator', () => {
  const open: HcloudEmulator[] = [];

  async function start(options: Partial<HcloudOptions> = {}): Promise<HcloudEmulator> {
    const emulator = await startHcloud({ token, servers: [WEB], actionMs: 20, ...options });
    open.push(emulator);
    return emulator;
  }

  async function ask(emulator: HcloudEmulator, path: string, method = 'GET', bearer = token): Promise<Reply> {
    const response = await fetch(`${emulator.url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${bearer}` },
    });
    return { status: response.status, headers: response.headers, json: await response.json() };
  }

  /** Polls as a client does, until the action has ended. */
  async function ended(emulator: HcloudEmulator, id: number): Promise<Json> {
    for (;;) {
      const { json } = await ask(emulator, `/actions/${id}`);
      if (json.action.status !== 'running') return json.action;
    }
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map(emulator => emulator.close()));
  });

  it('wants the token, and says 401 in the form of the vendor', async () => {
    const emulator = await start();
    const { status, json } = await ask(emulator, '/servers', 'GET', `${token}x`);
    assert.equal(status, 401);
    assert.deepEqual(json, {
      error: { code: 'unauthorized', message: 'unable to authenticate', details: null },
    });
    assert.equal((await fetch(`${emulator.url}/servers`)).status, 401);
  });

  it('pages: per_page up to 50, and where the next page is', async () => {
    const servers = Array.from({ length: 60 }, (_, i) => ({
      id: 100 + i,
      name: `s${i}`,
      ipv4: `192.0.2.${i}`,
    }));
    const emulator = await start({ servers });
    const first = (await ask(emulator, '/servers?per_page=500&sort=id:desc')).json;
    assert.equal(first.servers.length, 50);
    assert.equal(first.servers[0].id, 159);
    const meta = {
      page: 1,
      per_page: 50,
      previous_page: null,
      next_page: 2,
      last_page: 2,
      total_entries: 60,
    };
    assert.deepEqual(first.meta.pagination, meta);
    const second = (await ask(emulator, '/servers?per_page=50&page=2&sort=id:desc')).json;
    assert.deepEqual(
      [second.servers.length, second.servers[9].id, second.meta.pagination.next_page],
      [10, 100, null],
    );
    assert.equal((await ask(emulator, '/servers')).json.servers.length, 25);
    assert.equal((await ask(emulator, '/servers?page=0')).status, 422);
    assert.deepEqual(
      (await ask(emulator, '/servers?name=s7')).json.servers.map((s: Json) => s.id),
      [107],
    );
  });

  it('carries a power-off out: 201, an action that runs and locks the server, then off', async () => {
    const emulator = await start();
    let release = () => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    emulator.onPower(() => held);
    const accepted = await ask(emulator, '/servers/42/actions/poweroff', 'POST');
    assert.equal(accepted.status, 201);
    const { action } = accepted.json;
    assert.deepEqual([action.status, action.finished, action.command], ['running', null, 'stop_server']);
    assert.deepEqual(action.resources, [{ id: 42, type: 'server' }]);
    const during = (await ask(emulator, '/servers/42')).json.server;
    assert.deepEqual([during.status, during.locked], ['stopping', true]);
    const second = await ask(emulator, '/servers/42/actions/poweron', 'POST');
    assert.deepEqual([second.status, second.json.error.code], [423, 'locked']);
    release();
    const done = await ended(emulator, action.id);
    assert.deepEqual([done.status, done.progress, done.error], ['success', 100, null]);
    assert.match(done.finished, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    const after = (await ask(emulator, '/servers/42')).json.server;
    assert.deepEqual([after.status, after.locked], ['off', false]);
  });

  it('answers for several actions at once, and wants ids', async () => {
    const emulator = await start({ servers: [WEB, { id: 43, name: 'b' }] });
    const ids = [];
    for (const id of [42, 43])
      ids.push((await ask(emulator, `/servers/${id}/actions/reboot`, 'POST')).json.action.id);
    const { json } = await ask(emulator, `/actions?id=${ids[0]}&id=${ids[1]}`);
    assert.deepEqual(
      json.actions.map((action: Json) => action.id),
      ids,
    );
    assert.equal((await ask(emulator, '/actions')).status, 422);
    assert.deepEqual((await ask(emulator, '/servers/43/actions')).json.actions.length, 1);
    assert.equal((await ask(emulator, `/servers/43/actions/${ids[0]}`)).status, 404);
  });

  it('holds the action open until the callbacks are through', async () => {
    const emulator = await start();
    let release = () => {};
    const called = new Promise<[number, string]>(resolve => {
      emulator.onPower((id, power) => {
        resolve([id, power]);
        return new Promise(done => {
          release = done;
        });
      });
    });
    const { action } = (await ask(emulator, '/servers/42/actions/poweroff', 'POST')).json;
    assert.deepEqual(await called, [42, 'off']);
    assert.equal((await ask(emulator, `/actions/${action.id}`)).json.action.status, 'running');
    assert.equal(emulator.server(42).status, 'stopping');
    release();
    assert.equal((await ended(emulator, action.id)).status, 'success');
  });

  it('fails the action when a callback rejects', async () => {
    const emulator = await start();
    emulator.onPower(() => Promise.reject(new Error('the process would not stop')));
    const { action } = (await ask(emulator, '/servers/42/actions/poweroff', 'POST')).json;
    const { status, error } = await ended(emulator, action.id);
    assert.deepEqual(
      [status, error],
      ['error', { code: 'action_failed', message: 'the process would not stop' }],
    );
  });

  it('shows an abuse lock on the server and on its primary IP, family by family', async () => {
    const emulator = await start();
    emulator.lock('42', { v4: true }, true);
    const { server } = (await ask(emulator, '/servers/42')).json;
    assert.deepEqual([server.status, server.locked], ['running', false]);
    assert.deepEqual([server.public_net.ipv4.blocked, server.public_net.ipv6.blocked], [true, false]);
    const found = (await ask(emulator, '/primary_ips?ip=192.0.2.42')).json.primary_ips;
    assert.deepEqual([found.length, found[0].blocked, found[0].assignee_id], [1, true, 42]);
    assert.equal(found[0].id, server.public_net.ipv4.id);
    const six = (await ask(emulator, `/primary_ips/${server.public_net.ipv6.id}`)).json.primary_ip;
    assert.deepEqual([six.blocked, six.type, six.ip], [false, 'ipv6', '2001:db8:42::/64']);
    emulator.lock(42, { v4: true }, false);
    assert.equal((await ask(emulator, '/servers/42')).json.server.public_net.ipv4.blocked, false);
  });

  it('has null for a family that a server does not have', async () => {
    const emulator = await start({ servers: [{ id: 1, name: 'bare' }] });
    const { public_net } = (await ask(emulator, '/servers/1')).json.server;
    assert.deepEqual([public_net.ipv4, public_net.ipv6], [null, null]);
  });

  it('counts requests against the budget of the project, and gives them back', async () => {
    let now = 1_000_000;
    const emulator = await start({ rateLimit: { limit: 2, perSecond: 1 }, now: () => now });
    const first = await ask(emulator, '/servers');
    assert.deepEqual(
      ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'].map(name => first.headers.get(name)),
      ['2', '1', '1001'],
    );
    await ask(emulator, '/servers');
    const refused = await ask(emulator, '/servers');
    assert.deepEqual([refused.status, refused.json.error.code], [429, 'rate_limit_exceeded']);
    now += 1_000;
    assert.equal((await ask(emulator, '/servers')).status, 200);
  });

  it('goes offline and comes back at the same address, with its memory', async () => {
    const emulator = await start();
    emulator.lock(42, { v6: true }, true);
    await emulator.offline();
    await assert.rejects(ask(emulator, '/servers'));
    await emulator.online();
    assert.equal((await ask(emulator, '/servers/42')).json.server.public_net.ipv6.blocked, true);
  });

  it('keeps a log of requests, without the token', async () => {
    const emulator = await start();
    await ask(emulator, '/servers?page=1');
    emulator.faults.status(503, 1);
    await ask(emulator, '/servers/42');
    const log = emulator.requests.map(({ method, path, status, fault }) => [method, path, status, fault]);
    assert.deepEqual(log, [
      ['GET', '/v1/servers?page=1', 200, null],
      ['GET', '/v1/servers/42', 503, 'status'],
    ]);
    assert.ok(!JSON.stringify(emulator.requests).includes(token));
  });

  it('has faults for the next n requests that fit, then none', async () => {
    const emulator = await start();
    emulator.faults.throttle(1, /primary_ips/);
    emulator.faults.loseReply(1);
    emulator.faults.refuse(1, /^GET .*\/servers/);
    assert.equal((await ask(emulator, '/primary_ips')).status, 429);
    assert.equal((await ask(emulator, '/primary_ips')).status, 200);
    await assert.rejects(ask(emulator, '/servers'));
    assert.equal((await ask(emulator, '/servers')).status, 200);
    await assert.rejects(ask(emulator, '/servers/42/actions/poweroff', 'POST'));
    assert.notEqual(emulator.server(42).status, 'running', 'the reply was lost, the work was done');
  });

  it('lies on demand: the action succeeds, and nothing has changed', async () => {
    const emulator = await start();
    emulator.faults.lie(1);
    const { action } = (await ask(emulator, '/servers/42/actions/poweroff', 'POST')).json;
    assert.equal((await ended(emulator, action.id)).status, 'success');
    assert.equal(emulator.server(42).status, 'running');
  });

  it('names the /64 of an address as the vendor does', () => {
    const expected = {
      '2001:db8:1:2::1': '2001:db8:1:2::/64',
      '2001:0db8:0042::1': '2001:db8:42::/64',
      '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
      '::1': '::/64',
      'fd00::': 'fd00::/64',
    };
    for (const [address, network] of Object.entries(expected)) assert.equal(network64(address), network);
  });
});
