/** The name-server client and the dns probe against bind9, and against servers that lie, stutter or say nothing. */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { getEventListeners, once } from 'node:events';
import packet, { type DecodedPacket } from 'dns-packet';
import fc from 'fast-check';
import { ProviderError } from '../../src/ports/errors.ts';
import { presentation, readAnswer } from '../../src/probe/dns-message.ts';
import { createNameServers, parseServer } from '../../src/probe/name-servers.ts';
import { fails, look, passes, resources, settled } from './looks.ts';
import { type Daemon, startNamed, startPeer } from './servers.ts';

const servers = createNameServers();
const soon = (ms = 5000) => AbortSignal.timeout(ms);

function rejectsWith(code: string, message: RegExp) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof ProviderError, String(thrown));
    assert.equal(thrown.code, code);
    assert.equal(thrown.applied, 'no');
    assert.match(thrown.message, message);
    return true;
  };
}

/** A UDP server that answers each question as `behave` says. */
async function withUdp(
  behave: (query: DecodedPacket, from: RemoteInfo, socket: Socket) => void,
  use: (port: number, heard: () => number) => Promise<void>,
): Promise<void> {
  const socket = createSocket('udp4');
  let heard = 0;
  socket.on('message', (message, from) => {
    heard += 1;
    behave(packet.decode(message), from, socket);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    await use(socket.address().port, () => heard);
  } finally {
    socket.close();
  }
}

const answerTo = (query: DecodedPacket, change: object = {}) =>
  packet.encode({
    type: 'response',
    id: query.id,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: query.questions,
    answers: [{ type: 'A', name: query.questions?.[0]?.name ?? '', ttl: 30, data: '192.0.2.9' }],
    ...change,
  });

describe('probe: name servers', () => {
  let named: Daemon & { port: number };
  let at = '';
  before(async () => {
    named = await startNamed();
    at = `127.0.0.1:${named.port}`;
  });
  after(() => named?.stop());

  it('reads every type as a zone file has it', async () => {
    const ask = async (name: string, type: 'A' | 'AAAA' | 'TXT' | 'NS' | 'SOA') => {
      const answer = await servers.ask(at, name, type, soon());
      assert.equal(answer.authoritative, true);
      return [
        answer.rcode,
        ...answer.records.map(record => `${record.ttlS} ${record.type} ${record.value}`).sort(),
      ];
    };
    assert.deepEqual(await ask('www.example.org', 'A'), ['NOERROR', '60 A 192.0.2.1', '60 A 192.0.2.2']);
    assert.deepEqual(await ask('WWW.Example.ORG.', 'AAAA'), ['NOERROR', '60 AAAA 2001:db8::1']);
    assert.deepEqual(await ask('example.org', 'NS'), ['NOERROR', '60 NS ns1.example.org']);
    assert.deepEqual(await ask('example.org', 'SOA'), [
      'NOERROR',
      '60 SOA ns1.example.org hostmaster.example.org 7 3600 600 86400 30',
    ]);
    assert.deepEqual(await ask('_understudy-web.example.org', 'TXT'), [
      'NOERROR',
      '60 TXT "v=1 epoch=7 active=hel1 owner=r-1"',
    ]);
    assert.deepEqual(await ask('odd.example.org', 'TXT'), ['NOERROR', '60 TXT "a\\"b" "c\\\\d\\200"']);
    assert.deepEqual(await ask('alias.example.org', 'A'), [
      'NOERROR',
      '60 A 192.0.2.1',
      '60 A 192.0.2.2',
      '60 CNAME www.example.org',
    ]);
    assert.deepEqual(await ask('nothing.example.org', 'A'), ['NXDOMAIN']);
    assert.deepEqual(await ask('mail.example.org', 'TXT'), ['NOERROR']);
  });

  it('takes the whole answer over TCP when it was truncated', async () => {
    const answer = await servers.ask(at, 'big.example.org', 'TXT', soon());
    assert.equal(answer.records.length, 20);
  });

  it('asks over IPv6, and tells a refusal from an answer', async () => {
    const six = await servers.ask(`[::1]:${named.port}`, 'www.example.org', 'A', soon());
    assert.equal(six.records.length, 2);
    const other = await servers.ask(at, 'www.example.com', 'A', soon());
    assert.deepEqual([other.rcode, other.authoritative], ['REFUSED', false]);
  });

  it('tells a closed port, a bad place and a bad name', async () => {
    let closed = 0;
    await withUdp(
      () => {},
      async port => {
        closed = port;
      },
    );
    const ask = (server: string, name: string) => servers.ask(server, name, 'A', soon());
    await assert.rejects(
      ask(`127.0.0.1:${closed}`, 'a.example'),
      rejectsWith('provider-unreachable', /refused/),
    );
    await assert.rejects(ask('ns1.example.org:53', 'a'), rejectsWith('provider-rejected', /ip:port/));
    const long = `${'x'.repeat(70)}.example`;
    await assert.rejects(ask(at, long), rejectsWith('provider-rejected', /cannot be asked/));
  });

  it('gives up when the signal fires, and leaves nothing behind', async () => {
    await withUdp(
      () => {},
      async (port, heard) => {
        const before = await resources();
        const asked = servers.ask(`127.0.0.1:${port}`, 'a.example', 'A', soon(700));
        await assert.rejects(asked, rejectsWith('provider-timeout', /no DNS answer in time/));
        assert.equal(heard(), 2, 'a lost datagram is sent again');
        await settled(before);
      },
    );
    const aborted = servers.ask(at, 'a.example', 'A', AbortSignal.abort());
    await assert.rejects(aborted, rejectsWith('provider-timeout', /in time/));
  });

  it('lets go of the signal when it has its answer', async () => {
    const { signal } = new AbortController();
    await servers.ask(at, 'www.example.org', 'A', signal);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('is not taken in by forged or late answers', async () => {
    await withUdp(
      (query, from, socket) => {
        const name = query.questions?.[0]?.name ?? '';
        const forged = { answers: [{ type: 'A', name, ttl: 30, data: '203.0.113.66' }] };
        const lies = [
          answerTo(query, { ...forged, id: ((query.id ?? 0) + 1) & 0xffff }),
          answerTo(query, { ...forged, questions: [{ type: 'A', name: 'evil.example' }] }),
          answerTo(query, { ...forged, questions: [{ type: 'TXT', name }] }),
          answerTo(query, { ...forged, questions: [] }),
          answerTo(query, { ...forged, type: 'query' }),
          Buffer.from('junk'),
        ];
        for (const lie of lies) socket.send(lie, from.port, from.address);
        // Another socket, so another source: the kernel must not even pass it on.
        const stranger = createSocket('udp4');
        stranger.send(answerTo(query, forged), from.port, from.address, () => {
          stranger.close();
          socket.send(answerTo(query), from.port, from.address);
        });
      },
      async port => {
        const answer = await servers.ask(`127.0.0.1:${port}`, 'www.example.org', 'A', soon());
        assert.deepEqual(answer.records, [{ type: 'A', ttlS: 30, value: '192.0.2.9' }]);
      },
    );
  });

  it('tells garbage under the right id, and a flood of it', async () => {
    const garbage = rejectsWith('provider-garbage', /cannot be read|no answer/);
    await withUdp(
      (query, from, socket) => socket.send(answerTo(query).subarray(0, -7), from.port, from.address),
      async port => assert.rejects(servers.ask(`127.0.0.1:${port}`, 'www.example.org', 'A', soon()), garbage),
    );
    await withUdp(
      (_, from, socket) => {
        for (let n = 0; n < 200; n += 1) socket.send('junk', from.port, from.address);
      },
      async port => assert.rejects(servers.ask(`127.0.0.1:${port}`, 'www.example.org', 'A', soon()), garbage),
    );
  });

  it('reads any bytes without harm', () => {
    const question = { name: 'www.example.org', type: 'A', recursive: false } as const;
    const answerless = packet.encode({
      type: 'query',
      id: 7,
      questions: [{ type: 'A', name: question.name }],
    });
    const start = answerTo({ ...packet.decode(answerless), id: 7 });
    fc.assert(
      fc.property(
        fc.nat(start.length),
        fc.uint8Array({ maxLength: 80 }),
        fc.boolean(),
        (keep, junk, whole) => {
          const message = Buffer.concat([whole ? start : start.subarray(0, keep), junk]);
          // Half of the time the junk also overwrites the middle of a good answer.
          for (const [n, byte] of whole ? junk.entries() : [])
            message.writeUInt8(byte, Math.min(2 + keep + n, message.length - 1));
          const read = readAnswer(message, 7, question);
          if (typeof read !== 'string') for (const record of read.answers ?? []) presentation(record);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reads server places', () => {
    assert.deepEqual(parseServer('192.0.2.1'), { address: '192.0.2.1', port: 53 });
    assert.deepEqual(parseServer('192.0.2.1:5353'), { address: '192.0.2.1', port: 5353 });
    assert.deepEqual(parseServer('[2001:db8::1]:53'), { address: '2001:db8::1', port: 53 });
    assert.deepEqual(parseServer('2001:db8::1'), { address: '2001:db8::1', port: 53 });
    for (const bad of ['', 'ns1:53', '192.0.2.1:0', '192.0.2.1:70000', '[192.0.2.1]:53', '300.1.1.1:53'])
      assert.equal(parseServer(bad), null);
  });

  describe('the dns probe', () => {
    it('wants an answer of the type, or the values given', async () => {
      const { port } = named;
      passes(await look('dns', { port }), /^www\.example\.org A 192\.0\.2\.\d/);
      passes(await look('dns', { port, expect: ['192.0.2.2', '192.0.2.1'], authoritative: true }));
      fails(await look('dns', { port, expect: ['192.0.2.9'] }), 'status', /192\.0\.2\.9 was expected/);
      passes(await look('dns', { port, type: 'AAAA', expect: ['2001:DB8:0::1'] }));
      passes(
        await look('dns', {
          port,
          name: '_understudy-web.example.org',
          type: 'TXT',
          expect: ['v=1 epoch=7 active=hel1 owner=r-1'],
        }),
      );
      passes(await look('dns', { port, name: 'example.org', type: 'MX', expect: ['10 MAIL.example.org.'] }));
      fails(await look('dns', { port, name: 'mail.example.org', type: 'TXT' }), 'status', /no TXT record/);
      const none = await look('dns', { port, name: 'no.example.org' });
      fails(none, 'status', /NXDOMAIN for no\.example\.org/);
      assert.deepEqual(none.facts, { rcode: 'NXDOMAIN' });
    });

    it('tells what is not authoritative, not answering, or not DNS', async () => {
      await withUdp(
        (query, from, socket) => socket.send(answerTo(query, { flags: 0 }), from.port, from.address),
        async port => {
          passes(await look('dns', { port }));
          fails(await look('dns', { port, authoritative: true }), 'status', /not authoritative/);
        },
      );
      await withUdp(
        () => {},
        async port => fails(await look('dns', { port }, 200), 'timeout', /no DNS answer within 200 ms/),
      );
      const tcpOnly = await startPeer(() => {});
      fails(await look('dns', { port: tcpOnly.port }), 'refused', /ECONNREFUSED/);
      await tcpOnly.close();
    });

    it('is not fooled by a truncated answer with nobody behind TCP', async () => {
      await withUdp(
        (query, from, socket) =>
          socket.send(answerTo(query, { flags: packet.TRUNCATED_RESPONSE }), from.port, from.address),
        async port => fails(await look('dns', { port }), 'refused', /ECONNREFUSED/),
      );
    });
  });
});
