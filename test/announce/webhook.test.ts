/** The webhook sink against real HTTP servers, good and bad; signatures are checked with the library receivers use. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { createWebhookSink } from '../../src/announce/webhook.ts';
import { Secret } from '../../src/model/secret.ts';
import type { WebhookSink } from '../../src/model/service.ts';
import { UnderstudyError } from '../../src/ports/errors.ts';
import { systemClock } from '../../src/system/clock.ts';
import { canaries } from '../secrets.ts';
import { notice } from './samples.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The path is as secret as the key: chat services put their token there. */
const PATH = `/hooks/${canaries.password}`;
const { signal } = new AbortController();

describe('webhook sink', () => {
  let server: Server;
  let seen: Seen[];
  let answer: (response: ServerResponse) => void;
  const settings = (change: Partial<WebhookSink> = {}): WebhookSink => ({
    name: 'chat',
    kind: 'webhook',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    secret: new Secret(canaries.webhookSecret, 'env WEBHOOK_SECRET'),
    timeoutMs: 5_000,
    ...change,
  });
  const send = (change: Partial<WebhookSink> = {}) =>
    createWebhookSink(settings(change), { clock: systemClock }).deliver(notice('n-1'), signal);
  const fails = async (code: string, message: RegExp, change: Partial<WebhookSink> = {}) => {
    const error = await send(change).then(
      () => assert.fail('it was taken'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UnderstudyError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    const all = inspect(error, { depth: 10 });
    for (const secret of [canaries.password, canaries.webhookSecret, canaries.webhookSecret.slice(6)])
      assert.ok(!all.includes(secret), 'a secret is in the error');
    return error;
  };

  beforeEach(async () => {
    seen = [];
    answer = response => response.writeHead(204).end();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        answer(response);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('posts JSON with the fields of standard-webhooks, signed', async () => {
    await send();
    const [request] = seen;
    assert.ok(request);
    assert.deepEqual(
      [request.method, request.url, request.headers['content-type']],
      ['POST', PATH, 'application/json'],
    );
    assert.equal(request.headers['webhook-id'], 'n-1');
    const payload = new Webhook(canaries.webhookSecret).verify(
      request.body,
      request.headers as Record<string, string>,
    );
    assert.deepEqual(payload, {
      type: 'understudy.verdict',
      timestamp: '2026-11-23T02:35:10.000Z',
      data: { site: 'fsn1', id: 'n-1', service: 'web', text: 'notice n-1', incident: 'i-9' },
    });
    const forged = request.body.replace('fsn1', 'hel1');
    assert.throws(() =>
      new Webhook(canaries.webhookSecret).verify(forged, request.headers as Record<string, string>),
    );
  });

  it('signs each attempt anew with the same id, by the clock it was given', async () => {
    let now = 1_795_401_310_999;
    const sink = createWebhookSink(settings(), { clock: { ...systemClock, now: () => now } });
    await sink.deliver(notice('n-1'), signal);
    now += 60_000;
    await sink.deliver(notice('n-1'), signal);
    assert.deepEqual(
      seen.map(({ headers }) => [headers['webhook-id'], headers['webhook-timestamp']]),
      [
        ['n-1', '1795401310'],
        ['n-1', '1795401370'],
      ],
    );
    assert.notEqual(seen[0]?.headers['webhook-signature'], seen[1]?.headers['webhook-signature']);
  });

  it('keeps the four fields of every notice, whatever its data is called', async () => {
    const odd = {
      ...notice('n-1'),
      data: { id: 'x', text: 'y', service: 'z', incident: 'w', token: new Secret('hush', 'test') },
    };
    await createWebhookSink(settings(), { clock: systemClock }).deliver(odd, signal);
    const { data } = JSON.parse(seen[0]?.body ?? '');
    assert.deepEqual(data, {
      id: 'n-1',
      text: 'notice n-1',
      service: 'web',
      incident: 'i-9',
      token: '[secret]',
    });
  });

  it('takes any 2xx for taken, also with a body that is huge or never ends', async () => {
    for (const status of [200, 201, 202, 204]) {
      answer = response => response.writeHead(status).end();
      await send();
    }
    answer = response => {
      response.writeHead(200);
      response.write('x'.repeat(1_000_000));
    };
    await send({ timeoutMs: 600_000 }); // the cap ends it, not the deadline
    answer = response => {
      response.writeHead(200);
      response.write('x');
    };
    await send({ timeoutMs: 200 });
    assert.equal(seen.length, 6);
  });

  it('tells the refusals apart', async () => {
    const status = (code: number) => {
      answer = response =>
        response.writeHead(code, { location: '/elsewhere' }).end(`echo ${canaries.password}`);
    };
    status(302);
    await fails('sink-rejected', /redirects, which is not followed \(HTTP 302\)/);
    assert.equal(seen.length, 1);
    status(400);
    await fails('sink-rejected', /webhook "chat" at 127\.0\.0\.1:\d+ did not take the notice \(HTTP 400\)/);
    status(401);
    await fails('sink-rejected', /refuses us/);
    status(410);
    assert.match((await fails('sink-gone', /gone for good/)).next ?? '', /take it out of the config/);
    status(429);
    await fails('sink-throttled', /slow down/);
    status(503);
    await fails('sink-failed', /HTTP 503/);
  });

  it('gives up on a receiver that accepts and says nothing', async () => {
    answer = () => {};
    const error = await fails('sink-timeout', /did not answer within 150 ms/, { timeoutMs: 150 });
    assert.equal(error.applied, 'unknown');
  });

  it('gives up on a receiver that trickles headers for ever', async () => {
    const sockets: Socket[] = [];
    const trickle = createTcpServer(socket => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(trickle, 'listening');
    const { port } = trickle.address() as AddressInfo;
    await fails('sink-timeout', /did not answer/, { url: `http://127.0.0.1:${port}/`, timeoutMs: 300 });
    for (const socket of sockets) socket.destroy();
    trickle.close();
  });

  it('reports garbage, a cut connection and a closed port as not reached', async () => {
    const cut = createTcpServer(socket => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('SSH-2.0-what\r\n'));
    }).listen(0, '127.0.0.1');
    await once(cut, 'listening');
    const { port } = cut.address() as AddressInfo;
    await fails('sink-unreachable', /HPE_/, { url: `http://127.0.0.1:${port}${PATH}` });
    cut.close();
    await once(cut, 'close');
    await fails('sink-unreachable', /ECONNREFUSED/, { url: `http://127.0.0.1:${port}${PATH}` });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    await assert.rejects(
      createWebhookSink(settings(), { clock: systemClock }).deliver(notice('n-1'), stop.signal),
      { code: 'sink-unreachable' },
    );
  });

  it('says where a bad key came from and not what it is', async () => {
    const error = await fails('sink-config', /signing key from env WEBHOOK_SECRET is not base64/, {
      secret: new Secret(`whsec_!${canaries.password}`, 'env WEBHOOK_SECRET'),
    });
    assert.match(error.next ?? '', /openssl rand/);
    assert.equal(seen.length, 0);
  });
});
