/**
 * Bytes that a hostile or broken server sends to a probe, of every kind: conversations as they should be, mutated. A
 * probe ends in a typed result within its deadline; what it shows can be shown anywhere and holds no secret of ours.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Secret } from '../../src/model/secret.ts';
import { type Certificates, makeCertificates, type Peer, startPeer } from '../probe/servers.ts';
import { look, resources, settled } from '../probe/looks.ts';
import { canaries } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';
import { byteEdits, mutateBytes } from './bytes.ts';
import { assertFit, property } from './harness.ts';

const file = import.meta.url;
const LIMIT_MS = 5000;
const password = new Secret(canaries.password, 'test');

interface Talk {
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** All that an honest server says, in one go. */
  readonly says: string;
}

const SMTP = '220 mail.example.org ESMTP\r\n250-mail.example.org\r\n250-STARTTLS\r\n250 SIZE 1000\r\n';
const IMAP = '* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\nu1 OK done\r\n';

const TALKS: readonly Talk[] = [
  {
    kind: 'http',
    params: {},
    says: 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello',
  },
  {
    kind: 'http',
    params: { body: 'hello' },
    says: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n',
  },
  { kind: 'http', params: { method: 'HEAD' }, says: 'HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n' },
  { kind: 'tcp', params: { expect: 'hello' }, says: 'oh hello there\r\n' },
  { kind: 'smtp', params: {}, says: `${SMTP}221 bye\r\n` },
  { kind: 'smtp', params: { starttls: true }, says: `${SMTP}220 go ahead\r\n` },
  { kind: 'imap', params: {}, says: `${IMAP}* BYE\r\nu4 OK\r\n` },
  { kind: 'imap', params: { starttls: true }, says: `${IMAP}u2 OK go ahead\r\n` },
  {
    kind: 'irc',
    params: { password },
    says: ':irc.example.org NOTICE * :looking up\r\n@a=b :irc.example.org CAP * LS :x\r\nPING :1\r\n:irc.example.org 001 probe :Welcome\r\n',
  },
  {
    kind: 'irc',
    params: { password },
    says: ':irc.example.org 433 * probe :Nickname in use\r\nERROR :no\r\n',
  },
  { kind: 'ssh', params: {}, says: 'welcome\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2\r\n' },
];

function assertShowable(result: unknown): void {
  for (const text of JSON.stringify(result).split('\\\\')) assertFit(text, 'the result');
}

describe('property: peers of probes', () => {
  let say: Buffer = Buffer.alloc(0);
  let echo = false;
  let peer: Peer;
  let certificates: Certificates;
  before(async () => {
    certificates = makeCertificates();
    peer = await startPeer((socket: Socket) => {
      socket.resume();
      socket.write(say);
      if (!echo) return void socket.end();
      // As a server does that logs what it did not understand, and tells us.
      socket.once('data', data =>
        socket.end(`ERROR :you said ${data.toString('latin1').replace(/[\r\n]+/g, ' ')}\r\n`),
      );
      socket.once('end', () => socket.end());
    });
  });
  after(() => peer.close());

  property(
    'a result every time, that can be shown and holds no secret: conversations, mutated',
    fc.record({ talk: fc.constantFrom(...TALKS), edits: byteEdits, echo: fc.boolean() }),
    async ({ talk, edits, echo: repeats }) => {
      say = mutateBytes(Buffer.from(talk.says), edits);
      echo = repeats && talk.kind === 'irc';
      const result = await look(talk.kind, { port: peer.port, ...talk.params }, LIMIT_MS);
      assertShowable(result);
      assert.notEqual(result.failure, 'internal', JSON.stringify(result));
    },
    { file },
  );

  it('a server that repeats the password in its refusal (found by the property above)', async () => {
    echo = true;
    for (const before of ['', ':s 464 * :', 'x'.repeat(170)]) {
      say = Buffer.from(before);
      assertShowable(await look('irc', { port: peer.port, password }, LIMIT_MS));
    }
  });

  /** The first flight of a real server: its hello, its certificate. */
  async function recordFlight(): Promise<Buffer> {
    const { cert, key } = certificates.good;
    const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const flight: Buffer[] = [];
    const between = await startPeer(client => {
      const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1');
      upstream.on('data', chunk => {
        flight.push(chunk);
        client.write(chunk);
      });
      upstream.on('error', () => {});
      client.on('data', chunk => upstream.write(chunk));
      client.on('close', () => upstream.destroy());
    });
    const client = connectTls({ port: between.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(client, 'secureConnect');
    client.destroy();
    await between.close();
    server.close();
    await once(server, 'close');
    return Buffer.concat(flight);
  }

  describe('TLS', () => {
    let flight: Buffer = Buffer.alloc(0);
    let inside: Buffer = Buffer.alloc(0);
    let tls: ReturnType<typeof createTlsServer>;
    before(async () => {
      flight = await recordFlight();
      const { cert, key } = certificates.good;
      tls = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket: TLSSocket) => {
        socket.on('error', () => {});
        socket.resume();
        socket.end(inside);
      }).listen(0, '127.0.0.1');
      tls.on('tlsClientError', () => {});
      await once(tls, 'listening');
    });
    after(async () => {
      tls.close();
      await once(tls, 'close');
    });

    property(
      'a result every time: a handshake, mutated',
      fc.record({
        kind: fc.constantFrom('https', 'tls', 'smtp', 'imap', 'irc'),
        edits: byteEdits,
      }),
      async ({ kind, edits }) => {
        say = mutateBytes(flight, edits);
        echo = false;
        const result = await look(
          kind,
          { port: peer.port, ...(kind.length > 4 ? {} : { tls: true }) },
          LIMIT_MS,
        );
        assertShowable(result);
        assert.equal(result.ok, false, 'nobody has the key of that handshake');
        assert.notEqual(result.failure, 'internal', JSON.stringify(result));
      },
      { file },
    );

    property(
      'a result every time: a conversation inside TLS, mutated',
      fc.record({
        talk: fc.constantFrom(...TALKS.filter(({ kind }) => kind !== 'tcp' && kind !== 'ssh')),
        edits: byteEdits,
      }),
      async ({ talk, edits }) => {
        inside = mutateBytes(Buffer.from(talk.says), edits);
        const { port } = tls.address() as AddressInfo;
        const kind = talk.kind === 'http' ? 'https' : talk.kind;
        const { starttls: _none, ...rest } = talk.params;
        const secure = kind === 'https' ? {} : { tls: true };
        const result = await look(kind, { port, ca: certificates.ca, ...rest, ...secure }, LIMIT_MS);
        assertShowable(result);
        assert.notEqual(result.failure, 'internal', JSON.stringify(result));
      },
      { file, usual: 100 },
    );
  });

  describe('a program', () => {
    const output = join(makeWorkspace('command'), 'output');
    property(
      'a result every time: what a command prints, mutated',
      fc.record({ edits: byteEdits, status: fc.constantFrom(0, 1, 2, 255) }),
      async ({ edits, status }) => {
        writeFileSync(
          output,
          mutateBytes(Buffer.from('HTTP OK: 200 in 0.1 s | time=0.1s\nsecond line\n'), edits),
        );
        const result = await look(
          'command',
          { argv: ['sh', '-c', `cat "$0"; exit ${status}`, output] },
          LIMIT_MS,
        );
        assertShowable(result);
        assert.equal(result.ok, status === 0, JSON.stringify(result));
      },
      { file, usual: 60 },
    );
  });

  it('leaves nothing open behind it', async () => {
    const before = await resources();
    echo = false;
    for (const talk of TALKS) {
      say = Buffer.from(talk.says);
      await look(talk.kind, { port: peer.port, ...talk.params }, LIMIT_MS);
    }
    await settled(before);
  });
});
