/** The status server over real HTTP, asked well and badly. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Decision, ServiceState } from '../../src/model/state.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { StoreError, UnderstudyError } from '../../src/ports/errors.ts';
import { type StatusServer, startServer } from '../../src/server/server.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { systemClock } from '../../src/system/clock.ts';
import { decision, hold, incident, NOW, run, settings } from '../announce/samples.ts';

describe('status server', () => {
  let server: StatusServer;
  let now: number;
  let elapsed = 0;
  let reads: number;
  let broken: Error | null;
  let errors: unknown[];
  const clock: Clock = { ...systemClock, now: () => now, monotonic: () => elapsed };
  /** What was read before is not shown any more. */
  const forget = (): void => {
    elapsed += 1_000;
  };
  const store = createMemoryStore();
  const guarded = {
    service: async (name: string): Promise<ServiceState> => {
      reads += 1;
      if (broken !== null) throw broken;
      return store.service(name);
    },
    decision: (name: string): Promise<Decision | null> => store.decision(name),
  };

  before(async () => {
    await store.commit([
      {
        kind: 'service',
        service: 'web',
        patch: { active: 'fsn1', epoch: 6, maxEpoch: 6, published: ['v4'] },
      },
      { kind: 'decision', decision },
      { kind: 'incident', incident },
      { kind: 'run', run },
      { kind: 'hold', hold },
    ]);
    errors = [];
    server = await startServer({ store: guarded, settings, clock, onError: thrown => errors.push(thrown) });
  });
  beforeEach(() => {
    now = NOW;
    forget();
    reads = 0;
    broken = null;
    errors = [];
  });
  after(() => server.close());

  /** Sends bytes as they are and reads until the server closes. */
  async function raw(bytes: string): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').on('data', chunk => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket, 'close');
    return answer;
  }

  it('gives the status document, not to be cached and not to be embedded', async () => {
    const response = await fetch(`${server.url}/status.json`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    const document = JSON.parse(await response.text());
    assert.equal(document.version, 1);
    assert.deepEqual(
      [document.services[0].verdict, document.services[0].hold.owner],
      ['PROVIDER_LOCK', 'mia'],
    );
    assert.doesNotMatch(JSON.stringify(document), /very-own-token|192\.0\.2/);
  });

  it('gives plain lines for IRC', async () => {
    const response = await fetch(`${server.url}/irc?x=1`);
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    const text = await response.text();
    assert.match(text, /^web: PROVIDER_LOCK at fsn1 for 1 min 30 s; .*held by mia/);
    assert.equal(text.trimEnd().split('\n').length, 1);
  });

  it('is well while the record is fresh, and says which is stale when it is not', async () => {
    const fresh = await fetch(`${server.url}/healthz`);
    assert.deepEqual([fresh.status, await fresh.json()], [200, { ok: true, stale: [] }]);
    now = NOW + 24 * 3_600_000;
    forget();
    const stale = await fetch(`${server.url}/healthz`);
    assert.deepEqual([stale.status, await stale.json()], [503, { ok: false, stale: ['web'] }]);
    assert.match(await (await fetch(`${server.url}/irc`)).text(), /^STALE/);
  });

  it('answers HEAD without a body', async () => {
    const [head, ...rest] = (await raw('HEAD /irc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).split(
      '\r\n\r\n',
    );
    assert.match(head ?? '', /^HTTP\/1\.1 200 /);
    assert.match(head ?? '', /content-length: [1-9]/i);
    assert.deepEqual(rest, ['']);
  });

  it('answers 404 and 405 in JSON, and takes no body', async () => {
    for (const path of ['/', '/status', '/irc/', '/../etc/passwd', '/constructor', '/__proto__', '//irc']) {
      const response = await fetch(`${server.url}${path}`);
      assert.equal(response.status, 404, path);
      assert.equal(JSON.parse(await response.text()).error.code, 'not-found');
    }
    const posted = await fetch(`${server.url}/irc`, { method: 'POST', body: 'x'.repeat(100_000) });
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
    assert.equal(posted.headers.get('connection'), 'close');
  });

  it('answers 503 with nothing private in it when the store fails, and lives on', async () => {
    broken = new StoreError({
      code: 'store-corrupt',
      message: '/var/lib/understudy/state.db is not a database',
    });
    for (const path of ['/status.json', '/irc', '/healthz']) {
      forget();
      const response = await fetch(`${server.url}${path}`);
      assert.equal(response.status, 503);
      const body = await response.text();
      assert.equal(JSON.parse(body).error.code, 'store-unreadable');
      assert.doesNotMatch(body, /var\/lib|not a database/);
    }
    assert.equal(errors.length, 3);
    assert.equal(errors[0], broken);
    broken = null;
    forget();
    assert.equal((await fetch(`${server.url}/irc`)).status, 200);
  });

  it('answers 503 when the store does not answer', async () => {
    const hanging = await startServer({
      store: { service: () => new Promise(() => {}), decision: () => Promise.resolve(null) },
      settings,
      clock: { ...clock, deadline: (_ms, parent) => systemClock.deadline(50, parent) },
      onError: thrown => errors.push(thrown),
    });
    assert.equal((await fetch(`${hanging.url}/irc`)).status, 503);
    assert.ok(errors[0] instanceof UnderstudyError && errors[0].code === 'store-slow');
    await hanging.close();
  });

  it('refuses headers without end, garbage, and half requests that stay', async () => {
    assert.match(
      await raw(`GET /irc HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431 /,
    );
    assert.match(await raw('\0\x01nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(await raw('GET /irc HTTP/1.1\r\nHost: x\r\n'), /^HTTP\/1\.1 408 /);
  }).timeout(15_000);

  it('reads the store once a second, however many ask, tells of failures as often, and keeps none', async () => {
    const ask = () => Promise.all([1, 2, 3, 4].map(() => fetch(`${server.url}/healthz`)));
    await ask();
    elapsed += 999;
    await ask();
    assert.equal(reads, 1);
    elapsed += 1;
    broken = new Error('away');
    const answers = [...(await ask()), ...(await ask())];
    assert.deepEqual([...new Set(answers.map(answer => answer.status))], [503]);
    assert.equal(errors.length, 1);
    broken = null;
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  });

  it('answers once for each connection, whatever else is asked for on it', async () => {
    const answer = await raw('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50));
    assert.match(answer, /^HTTP\/1\.1 200 .*\r\n(?:.*\r\n)*connection: close\r\n/i);
    assert.equal(answer.split('HTTP/1.1 200').length, 2);
  });

  it('lets in others while one address holds all the connections that it can get', async () => {
    const { hostname, port } = new URL(server.url);
    const open = Array.from({ length: 300 }, () =>
      connect({ host: hostname, port: Number(port), localAddress: '127.0.0.2' }),
    );
    let closed = 0;
    await new Promise<void>(resolve => {
      for (const socket of open)
        socket
          .on('error', () => {})
          .on('close', () => {
            closed += 1;
            if (closed === open.length - 16) resolve();
          });
    });
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.equal(closed, open.length - 16, 'those within the limit are still there');
    const gone = Promise.all(open.filter(socket => !socket.closed).map(socket => once(socket, 'close')));
    for (const socket of open) socket.destroy();
    await gone;
  });

  it('says which address it cannot have', async () => {
    const port = Number(new URL(server.url).port);
    await assert.rejects(
      startServer({ store, settings: { ...settings, serve: { host: '127.0.0.1', port } }, clock }),
      { code: 'serve-failed', message: new RegExp(`127\\.0\\.0\\.1 port ${port} \\(EADDRINUSE\\)`) },
    );
  });

  it('closes although somebody keeps a connection open', async () => {
    const other = await startServer({ store, settings, clock });
    const socket = connect(Number(new URL(other.url).port), '127.0.0.1');
    await once(socket, 'connect');
    await other.close();
    socket.destroy();
  });
});
