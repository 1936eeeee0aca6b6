/**
 * Peers that misbehave, against every kind: each probe ends by its deadline, says why, and leaves nothing behind. What
 * peers may say is mutated in test/properties/probes.test.ts.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Failure } from '../../src/model/sample.ts';
import { fails, look, passes, resources, settled } from './looks.ts';
import { type Certificates, makeCertificates, startPeer } from './servers.ts';

/** Every kind that talks over TCP, so that it must hear something. */
const KINDS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['http', {}],
  ['https', {}],
  ['tls', {}],
  ['tcp', { expect: 'hello' }],
  ['smtp', {}],
  ['smtp', { tls: true }],
  ['imap', {}],
  ['imap', { tls: true }],
  ['irc', {}],
  ['irc', { tls: true }],
  ['ssh', {}],
];
/** Short where the deadline is what is tested. */
const SHORT_MS = 250;
/** Never reached: these peers give cause to end at once. */
const LONG_MS = 15_000;

/** Looks at one peer with every kind at the same time. */
async function lookAtAll(
  behave: (socket: Socket) => void,
  timeoutMs: number,
  kinds = KINDS,
): Promise<{ name: string; failure: Failure | undefined; detail: string; tookMs: number }[]> {
  const before = await resources();
  const peer = await startPeer(behave);
  const results = await Promise.all(
    kinds.map(async ([kind, params]) => {
      const start = performance.now();
      const result = await look(kind, { port: peer.port, ...params }, timeoutMs);
      const name = params.tls ? `${kind}+tls` : kind;
      return {
        name,
        failure: result.failure,
        detail: result.detail ?? '',
        tookMs: performance.now() - start,
      };
    }),
  );
  assert.ok(peer.accepted >= kinds.length);
  await peer.close();
  await settled(before);
  return results;
}

function allFail(results: Awaited<ReturnType<typeof lookAtAll>>, failures: readonly Failure[]): void {
  for (const { name, failure, detail } of results)
    assert.ok(failure !== undefined && failures.includes(failure), `${name}: ${failure} ${detail}`);
}

describe('probe: hostile peers', () => {
  it('accepts and says nothing: down at the deadline', async () => {
    const results = await lookAtAll(() => {}, SHORT_MS);
    allFail(results, ['timeout']);
    for (const { name, detail, tookMs } of results) {
      assert.match(detail, /^no .+ within 250 ms$/, name);
      assert.ok(tookMs >= SHORT_MS - 5 && tookMs < 5000, `${name} took ${tookMs} ms`);
    }
  });

  /** Starts with `start`, then drips single bytes of `drip` as fast as they go, for ever. */
  const trickler = (start: string, drip: string) => (socket: Socket) => {
    socket.write(start);
    const timer = setInterval(() => socket.write(drip), 5);
    socket.on('close', () => clearInterval(timer));
    socket.resume();
  };

  it('trickles bytes for ever: down at the deadline, wherever it is in the protocol', async () => {
    const cases: readonly [string, string, string, object?][] = [
      ['http', 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'],
      ['http', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x'],
      ['http', 'HTTP/1.1 200 OK\r\n\r\n', 'x'],
      ['http', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
      ['tcp', '', 'x', { expect: 'hello' }],
      ['smtp', '220-', 'x'],
      ['smtp', '', '220-more\r\n'],
      ['imap', '* OK hi\r\n', '* x\r\n'],
      ['irc', '', ':s NOTICE * :wait\r\n'],
      ['ssh', '', 'soon\r\n'],
    ];
    const before = await resources();
    await Promise.all(
      cases.map(async ([kind, start, drip, params]) => {
        const peer = await startPeer(trickler(start, drip));
        const result = await look(kind, { port: peer.port, ...params }, 150);
        await peer.close();
        assert.equal(result.failure, 'timeout', `${kind} ${start}: ${JSON.stringify(result)}`);
      }),
    );
    await settled(before);
  });

  it('trickles a TLS record: down at the deadline', async () => {
    // A handshake record of 16 KiB is announced and never completed.
    const results = await lookAtAll(
      trickler('\u0016\u0003\u0003\u003f', 'x'),
      SHORT_MS,
      KINDS.filter(([kind, params]) => kind === 'https' || kind === 'tls' || params.tls),
    );
    allFail(results, ['timeout', 'tls']);
  });

  it('hangs up at once: reset', async () => {
    allFail(await lookAtAll(socket => socket.end(), LONG_MS), ['reset']);
  });

  it('cuts the connection at once: reset', async () => {
    allFail(await lookAtAll(socket => socket.resetAndDestroy(), LONG_MS), ['reset']);
  });

  it('hangs up after the first byte: reset or not the protocol', async () => {
    allFail(await lookAtAll(socket => socket.end('H'), LONG_MS), ['reset', 'protocol', 'tls']);
  });

  it('half-closes and then listens on: reset', async () => {
    const results = await lookAtAll(socket => {
      socket.resume();
      socket.end();
    }, LONG_MS);
    allFail(results, ['reset']);
  });

  it('answers with a gigabyte: cut off at the caps, without the memory for it', async () => {
    const before = process.memoryUsage().rss;
    const megabyte = Buffer.alloc(1 << 20, 'a');
    const starts = [
      '',
      'HTTP/1.1 200 OK\r\n\r\n',
      '220-',
      '* OK\r\n',
      '\n'.repeat(9000),
      'HTTP/1.1 200 OK\r\nX: ',
    ];
    let sent = 0;
    for (const start of starts) {
      await lookAtAll(socket => {
        let left = 1024;
        socket.write(start);
        const pour = () => {
          while (left > 0 && socket.writable) {
            left -= 1;
            sent += megabyte.length;
            if (!socket.write(megabyte)) return;
          }
        };
        socket.on('drain', pour);
        socket.resume();
        pour();
      }, LONG_MS);
    }
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 250e6, `grew by ${Math.round(grown / 1e6)} MB`);
    const each = sent / starts.length / KINDS.length;
    assert.ok(each < 64e6, `${Math.round(each / 1e6)} MB were sent before the cut`);
  });

  it('says a body of any size, and is still up', async () => {
    const peer = await startPeer(socket => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n');
      const more = () => {
        while (socket.writable && socket.write(Buffer.alloc(65_536, 'a')));
      };
      socket.on('drain', more);
      more();
    });
    passes(await look('http', { port: peer.port }, LONG_MS), /HTTP 200/);
    fails(await look('http', { port: peer.port, body: 'b' }, LONG_MS), 'status', /does not hold/);
    await peer.close();
  });
});

describe('probe: dead addresses', () => {
  let certificates: Certificates;
  before(() => {
    certificates = makeCertificates();
  });

  it('a closed port is refused, in both families', async () => {
    for (const address of ['127.0.0.1', '::1']) {
      const peer = await startPeer(() => {}, address);
      await peer.close();
      for (const [kind, params] of KINDS)
        fails(await look(kind, { port: peer.port, ...params }, LONG_MS, address), 'refused', /ECONNREFUSED/);
    }
  });

  it('a full accept queue, which swallows connections, is a timeout', async () => {
    // The child is stopped before it accepts anything: two connections fit into a backlog of one, then SYNs are dropped.
    const script = `const s = require('net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const fillers: Socket[] = [];
    try {
      const [line] = await once(child.stdout, 'data');
      child.kill('SIGSTOP');
      const port = Number(String(line));
      for (let n = 0; n < 2; n += 1) {
        const filler = connect(port, '127.0.0.1');
        fillers.push(filler);
        await once(filler, 'connect');
      }
      const before = await resources();
      for (const [kind, params] of [
        ['http', {}],
        ['https', { ca: certificates.ca }],
        ['tcp', {}],
      ] as const)
        fails(await look(kind, { port, ...params }, SHORT_MS), 'timeout', /^no connection within 250 ms$/);
      await settled(before);
    } finally {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
