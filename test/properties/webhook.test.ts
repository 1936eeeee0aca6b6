/**
 * HTTP that others speak to us: what a webhook's receiver answers to a notice, and what readers (and scanners) send to the
 * status server. Nothing of it can lose a notice, change the state or take the process down.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { deliverOutbox } from '../../src/announce/outbox.ts';
import { createWebhookSink } from '../../src/announce/webhook.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/ports/store.ts';
import { type StatusServer, startServer } from '../../src/server/server.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { systemClock } from '../../src/system/clock.ts';
import { decision, hold, incident, NOW, notice, run, settings } from '../announce/samples.ts';
import { type Peer, startPeer } from '../probe/servers.ts';
import { canaries } from '../secrets.ts';
import { byteEdits, mutateBytes } from './bytes.ts';
import { assertFit, assertNoSecret, property } from './harness.ts';
import { jsonMutation, mutateJson } from './json.ts';

const file = import.meta.url;

const ANSWERS = [
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 503 Unavailable\r\nContent-Type: text/html\r\n\r\n<html>no</html>',
];

describe('property: what a receiver of webhooks answers', () => {
  let peer: Peer;
  let say = Buffer.alloc(0) as Buffer;
  let echo = false;
  before(async () => {
    peer = await startPeer((socket: Socket) => {
      socket.once('data', request => {
        socket.resume();
        socket.end(echo ? Buffer.concat([say, request]) : say);
      });
    });
  });
  after(() => peer.close());

  property(
    'a notice is delivered on a 2xx and kept on anything else, with one line that says why',
    fc.record({ answer: fc.constantFrom(...ANSWERS), edits: byteEdits, echo: fc.boolean() }),
    async input => {
      say = mutateBytes(Buffer.from(input.answer), input.edits);
      echo = input.echo;
      const store = createMemoryStore();
      await store.commit([{ kind: 'notice', notice: notice('n-1'), sinks: ['chat'] }]);
      const sink = createWebhookSink(
        {
          name: 'chat',
          kind: 'webhook',
          url: `http://127.0.0.1:${peer.port}/hooks/${canaries.password}`,
          secret: new Secret(canaries.webhookSecret, 'env WEBHOOK_SECRET'),
          timeoutMs: 10_000,
        },
        { clock: systemClock },
      );
      const { sinks } = await deliverOutbox({
        store,
        sinks: [sink],
        clock: { ...systemClock, now: () => NOW },
        random: () => 0,
        signal: new AbortController().signal,
      });
      const [report] = sinks;
      const [kept] = await store.outbox('chat', 1);
      if (report?.state === 'empty') {
        assert.equal(kept, undefined);
        assert.match(say.toString('latin1'), /HTTP\/1\.\d\s+2\d\d/, 'delivered without a 2xx');
        return;
      }
      assert.equal(report?.state, 'failed');
      assert.equal(kept?.attempts, 1);
      assert.match(kept?.lastError ?? '', /^sink-[a-z]+: webhook "chat" at 127\.0\.0\.1:\d+ /);
      assertFit(kept?.lastError ?? '', 'the last error');
    },
    { file },
  );
});

describe('property: what is sent to the status server', () => {
  let server: StatusServer;
  const told: unknown[] = [];
  before(async () => {
    const store = createMemoryStore();
    await store.commit([
      { kind: 'decision', decision },
      { kind: 'incident', incident },
      { kind: 'run', run },
      { kind: 'hold', hold },
    ]);
    const readOnly: Pick<Store, 'service' | 'decision'> = {
      service: store.service,
      decision: store.decision,
    };
    server = await startServer({
      store: readOnly,
      settings,
      clock: systemClock,
      onError: thrown => told.push(thrown),
    });
  });
  after(() => server.close());

  async function ask(bytes: Buffer): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', chunk => chunks.push(chunk));
    socket.on('error', () => {});
    socket.end(bytes);
    await new Promise(resolve => socket.once('close', resolve));
    return Buffer.concat(chunks).toString('latin1');
  }

  const PATHS = ['/status.json', '/irc', '/healthz', '/', '/hooks/x', '/status.json?x=1', '//', '*'];
  const body = { type: 'understudy.hold', data: { service: 'web', until: null, owner: 'mallory' } };
  const request = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'),
    path: fc.constantFrom(...PATHS),
    extra: fc.constantFrom(
      '',
      'Connection: upgrade\r\nUpgrade: h2c\r\n',
      'Expect: 100-continue\r\n',
      'Expect: x\r\n',
    ),
    json: fc.option(jsonMutation),
    edits: fc.option(byteEdits, { freq: 4 }),
  });

  property(
    'is answered in full or not at all, never with a fault of ours, and changes nothing',
    request,
    async ({ method, path, extra, json, edits }) => {
      const content = json === null ? Buffer.alloc(0) : mutateJson(body, json);
      const length = json === null ? '' : `Content-Length: ${content.length}\r\n`;
      const head = Buffer.from(
        `${method} ${path} HTTP/1.1\r\nHost: status.example.org\r\n${extra}${length}\r\n`,
      );
      const whole = Buffer.concat([head, content]);
      const answer = await ask(edits === null ? whole : mutateBytes(whole, edits));
      assertNoSecret(answer, 'the answer');
      if (answer !== '')
        assert.match(
          answer,
          /^HTTP\/1\.1 (100|200|400|404|405|408|413|414|417|431|503) /,
          answer.slice(0, 200),
        );
      if (answer.startsWith('HTTP/1.1 200'))
        assert.match(answer, /\r\nx-content-type-options: nosniff\r\n/, 'with the headers of all pages');
      assert.deepEqual(told.splice(0), []);
    },
    { file },
  );

  it('is up after all that', async () => {
    assert.match(await ask(Buffer.from('GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n')), /^HTTP\/1\.1 200 /);
  });
});
