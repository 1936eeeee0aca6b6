/** What is Hetzner's own in the adapter: wire format, token, endpoint, primary IPs, and the traps of hcloud-js. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../../src/model/secret.ts';
import { ProviderError } from '../../../src/ports/errors.ts';
import { about } from '../../../src/providers/hcloud/about.ts';
import { create } from '../../../src/providers/hcloud/hcloud.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { canaries } from '../../secrets.ts';
import { makeHcloud } from './world.ts';

const signal = new AbortController().signal;
const ADDRESS = { id: 1, ip: '192.0.2.1', blocked: false, dns_ptr: 'a.example' };
const NETWORK = { id: 2, ip: '2001:db8::/64', blocked: false, dns_ptr: null };

/** The least that a server object needs; anything else may come and go. */
function server(change: object = {}): object {
  return { id: 42, status: 'running', public_net: { ipv4: ADDRESS, ipv6: NETWORK }, ...change };
}

interface Peer {
  readonly url: string;
  readonly paths: string[];
}

/** All that listens; closed after each test, passed or failed. */
const open: Server[] = [];
const closeAll = () => Promise.all(open.splice(0).map(closing));

/** Answers a path (without `/v1`) with the JSON given, or with 404. */
async function peer(answers: Readonly<Record<string, unknown>>): Promise<Peer> {
  const paths: string[] = [];
  const http = createServer((request: IncomingMessage, response) => {
    request.resume();
    const path = (request.url ?? '').replace(/^\/v1/, '');
    paths.push(`${request.method} ${path}`);
    const found = answers[path.replace(/\?.*/, '')];
    const body = typeof found === 'function' ? found() : found;
    response.writeHead(body === undefined ? 404 : request.method === 'POST' ? 201 : 200, {
      'Content-Type': 'application/json; charset=utf-8',
    });
    response.end(JSON.stringify(body ?? { error: { code: 'not_found', message: 'no such thing' } }));
  });
  return { url: `${await listening(http)}/v1`, paths };
}

async function listening(http: Server): Promise<string> {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  open.push(http);
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function closing(http: Server): Promise<void> {
  http.close();
  http.closeAllConnections();
  await once(http, 'close');
}

async function read(body: object, primaryIps: unknown = undefined) {
  const api = await peer({ '/servers/42': body, '/primary_ips': primaryIps });
  return makeHcloud(api.url).describe('42', signal);
}

describe('hcloud adapter: reading', () => {
  afterEach(closeAll);
  it("maps every status of the vendor, and an unknown one to 'unknown'", async () => {
    const expected = {
      running: 'running',
      off: 'off',
      initializing: 'transitional',
      starting: 'transitional',
      stopping: 'transitional',
      deleting: 'transitional',
      migrating: 'transitional',
      rebuilding: 'transitional',
      unknown: 'unknown',
      'from-the-future': 'unknown',
    };
    for (const [status, power] of Object.entries(expected))
      assert.equal((await read({ server: server({ status }) })).power, power, status);
  });

  it('does without datacenter, dns_ptr and whatever else it has no use for', async () => {
    const reading = await read({ server: server({ novelty: [1, { a: null }] }), meta: null });
    assert.deepEqual(reading, { power: 'running', blocked: { v4: false, v6: false } });
  });

  it('has no word on a family the machine does not have', async () => {
    const net = { ipv4: null, ipv6: { ...NETWORK, blocked: true } };
    assert.deepEqual((await read({ server: server({ public_net: net }) })).blocked, { v4: null, v6: true });
  });

  it('does not take a running action (`locked`) for an abuse lock', async () => {
    assert.deepEqual((await read({ server: server({ locked: true }) })).blocked, { v4: false, v6: false });
  });

  it('refuses an answer in which the lock flag is gone, rather than read "not locked" into it', async () => {
    const broken = [
      { server: server({ public_net: undefined }) },
      { server: server({ public_net: {} }) },
      { server: server({ public_net: { ipv4: { ...ADDRESS, blocked: 'no' }, ipv6: null } }) },
      { server: server({ id: 43 }) },
      { server: server({ status: undefined }) },
      { servers: [server()] },
    ];
    for (const body of broken)
      await assert.rejects(read(body), { code: 'provider-garbage' }, JSON.stringify(body));
  });
});

describe('hcloud adapter: primary IPs', () => {
  afterEach(closeAll);
  const ip = (change: object) => ({ assignee_id: 42, type: 'ipv4', blocked: true, ...change });

  it('believe either flag: a blocked primary IP is a lock, family by family', async () => {
    const reading = await read(
      { server: server() },
      { primary_ips: [ip({}), ip({ type: 'ipv6', blocked: false })] },
    );
    assert.deepEqual(reading.blocked, { v4: true, v6: false });
    const other = await read({ server: server() }, { primary_ips: [ip({ type: 'ipv6' })] });
    assert.deepEqual(other.blocked, { v4: false, v6: true });
  });

  it('of other machines do not count', async () => {
    const list = [ip({ assignee_id: 43 }), ip({ assignee_id: null, assignee_type: 'unassigned' })];
    assert.deepEqual((await read({ server: server() }, { primary_ips: list })).blocked, {
      v4: false,
      v6: false,
    });
  });

  it('that cannot be read leave the word of the server', async () => {
    for (const answer of [undefined, { primary_ips: 'none' }, []])
      assert.deepEqual((await read({ server: server() }, answer)).blocked, { v4: false, v6: false });
  });

  it('are not asked when they could not change the reading, or when told not to', async () => {
    const blocked = { ipv4: { ...ADDRESS, blocked: true }, ipv6: null };
    const api = await peer({ '/servers/42': { server: server({ public_net: blocked }) } });
    await makeHcloud(api.url).describe('42', signal);
    assert.deepEqual(api.paths, ['GET /servers/42']);
    const plain = await peer({ '/servers/42': { server: server() } });
    await makeHcloud(plain.url, { primaryIps: false }).describe('42', signal);
    assert.deepEqual(plain.paths, ['GET /servers/42']);
    await makeHcloud(plain.url).describe('42', signal);
    assert.equal(plain.paths.length, 3);
  });
});

describe('hcloud adapter: power', () => {
  afterEach(closeAll);
  it('does not call a machine off while an action runs that may start it', async () => {
    let looks = 0;
    const api = await peer({
      '/servers/42': () => {
        looks += 1;
        return { server: server({ status: 'off', locked: looks < 3 }) };
      },
      '/servers/42/actions/poweroff': { action: { id: 7, status: 'success', error: null } },
    });
    await makeHcloud(api.url).powerOff('42', signal);
    assert.equal(looks, 3);
  });

  it('does not take the end of another action for the end of its own', async () => {
    const api = await peer({
      '/servers/42': { server: server() },
      '/servers/42/actions/poweroff': { action: { id: 7, status: 'running', error: null } },
      '/actions/7': { action: { id: 8, status: 'success', error: null } },
    });
    await assert.rejects(makeHcloud(api.url).powerOff('42', signal), {
      code: 'provider-garbage',
      applied: 'unknown',
    });
  });

  it("passes the vendor's reason for a failed action on, cleaned", async () => {
    const error = { code: 'action_failed', message: `no power\r\n\u001b[31m Bearer ${canaries.hcloudToken}` };
    const api = await peer({
      '/servers/42': { server: server() },
      '/servers/42/actions/poweroff': { action: { id: 7, status: 'error', error } },
    });
    await assert.rejects(makeHcloud(api.url).powerOff('42', signal), (thrown: unknown) => {
      assert.ok(thrown instanceof ProviderError);
      assert.match(thrown.message, /the action failed, action_failed: no power \[31m Bearer \[secret\]$/);
      return true;
    });
  });
});

describe('hcloud adapter: token and endpoint', () => {
  afterEach(closeAll);
  const context = { clock: systemClock, random: Math.random };
  const token = new Secret(canaries.hcloudToken, 'env HCLOUD_TOKEN');

  it('refuses to start without a token, or with what could not be one', () => {
    const wrong = [
      undefined,
      null,
      '',
      canaries.hcloudToken,
      new Secret('', 'file /x'),
      new Secret('a\r\nb', 'env X'),
    ];
    for (const given of wrong)
      assert.throws(() => create({ token: given }, context), { code: 'provider-unauthorized' });
  });

  it('sends no token over plain http to the Internet, nor to an endpoint with a user in it', () => {
    const wrong = [
      'http://api.hetzner.cloud/v1',
      'http://198.51.100.1/v1',
      'https://a:b@example.org/',
      'ftp://127.0.0.1/',
      'x',
    ];
    for (const endpoint of wrong)
      assert.throws(() => create({ token, endpoint }, context), { code: 'provider-rejected' }, endpoint);
    const right = [
      undefined,
      'https://example.org/v1/',
      'http://127.3.4.5:80/v1',
      'http://[::1]:80/v1',
      'http://10.1.2.3/',
    ];
    for (const endpoint of right) assert.equal(create({ token, endpoint }, context).kind, 'hcloud');
  });

  it('follows no redirect: the token stays where it belongs', async () => {
    const elsewhere = await peer({ '/servers/42': { server: server() } });
    const http = createServer((request, response) => {
      response.writeHead(302, { Location: `${elsewhere.url}${request.url}` }).end();
    });
    const url = await listening(http);
    await assert.rejects(makeHcloud(url).describe('42', signal), { code: 'provider-garbage' });
    await assert.rejects(makeHcloud(url).powerOff('42', signal), { code: 'provider-garbage', applied: 'no' });
    assert.deepEqual(elsewhere.paths, []);
  });

  it('has an answer cut off in the middle, and one that trickles, end as what they are', async () => {
    const cut = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"server":', () => response.destroy());
    });
    const trickle = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    const [a, b] = await Promise.all([listening(cut), listening(trickle)]);
    await assert.rejects(makeHcloud(a).describe('42', signal), {
      code: 'provider-unreachable',
      message: /the answer was cut off \(ERR_BAD_RESPONSE\)$/,
    });
    const slow = makeHcloud(b, { requestTimeoutMs: 200 });
    await assert.rejects(slow.describe('42', signal), { code: 'provider-timeout' });
  });

  it('says all it can do in about.ts, without loading the client', async () => {
    assert.equal(about.title, 'Hetzner Cloud');
    // Asked for the same way as the client: a test runner may keep what is imported later apart from what was first.
    const model = await import('../../../src/model/secret.ts');
    const lateToken = new model.Secret(canaries.hcloudToken, 'env HCLOUD_TOKEN');
    const made = (await about.load()).create({ token: lateToken }, context);
    assert.deepEqual(made.capabilities, about.capabilities);
    const fallback = Object.entries(about.fields).filter(([, field]) => field.default === undefined);
    assert.deepEqual(
      fallback.map(([name]) => name),
      ['token'],
    );
  });
});
