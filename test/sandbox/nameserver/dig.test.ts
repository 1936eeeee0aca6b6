/** dig, over UDP and TCP, against the name server that answers from the emulated Route 53 zone. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode, encode } from 'dns-packet';
import { type Nameserver, startNameserver } from '../../../src/sandbox/nameserver/nameserver.ts';
import { type Route53Emulator, startRoute53 } from '../../../src/sandbox/route53/emulator.ts';

const ZONE = 'Z0DIG';
const LONG = Array.from({ length: 100 }, (_, at) => `192.0.2.${at}`);

describe('name server, asked with dig', () => {
  let emulator: Route53Emulator;
  let server: Nameserver;

  before(async () => {
    emulator = await startRoute53({
      zones: [
        {
          id: ZONE,
          name: 'example.org',
          nameservers: ['ns-1.example.test', 'ns-2.example.test'],
          records: [
            { name: 'www.example.org', type: 'A', ttlS: 60, values: ['192.0.2.1', '192.0.2.2'] },
            { name: 'www.example.org', type: 'AAAA', ttlS: 60, values: ['2001:db8::1'] },
            { name: 'irc.example.org', type: 'CNAME', ttlS: 30, values: ['www.example.org.'] },
            { name: 'away.example.org', type: 'CNAME', ttlS: 30, values: ['www.example.net.'] },
            { name: 'loop.example.org', type: 'CNAME', ttlS: 30, values: ['loop.example.org.'] },
            { name: 'example.org', type: 'MX', ttlS: 300, values: ['10 www.example.org.'] },
            { name: '*.wild.example.org', type: 'A', ttlS: 60, values: ['192.0.2.9'] },
            { name: 'a.b.deep.example.org', type: 'A', ttlS: 60, values: ['192.0.2.4'] },
            { name: 'long.example.org', type: 'A', ttlS: 60, values: LONG },
            {
              name: '_understudy.example.org',
              type: 'TXT',
              ttlS: 60,
              values: ['"v=1 epoch=1 \\"q\\"" "more"'],
            },
          ],
        },
      ],
      insyncMs: Number.POSITIVE_INFINITY,
    });
    server = await startNameserver({ zones: emulator.zones });
  });
  after(async () => {
    await server.close();
    await emulator.close();
  });

  const dig = (...args: readonly string[]): Promise<string> =>
    new Promise(resolve => {
      const host = ['@127.0.0.1', '-p', String(server.port), '+tries=1', '+time=5', '+norecurse'];
      execFile('/usr/bin/dig', [...host, ...args], (_, stdout) => resolve(stdout));
    });
  /** Status and flags of dig's header line, and the answer section's fields. */
  const ask = async (...args: readonly string[]) => {
    const out = await dig(...args);
    const answers = /;; ANSWER SECTION:\n([\s\S]*?)\n\n/.exec(out)?.[1] ?? '';
    return {
      out,
      status: /status: (\w+)/.exec(out)?.[1],
      flags: /flags: ([\w ]*);/.exec(out)?.[1]?.split(' ') ?? [],
      answers: answers
        .split('\n')
        .filter(Boolean)
        .map(line => line.split(/\s+/).join(' ')),
      authority: /;; AUTHORITY SECTION:\n(.*)/.exec(out)?.[1]?.split(/\s+/).join(' ') ?? null,
    };
  };

  for (const transport of ['+notcp', '+tcp']) {
    it(`answers A, AAAA, TXT, NS, SOA and MX with authority (${transport})`, async () => {
      const asked = [
        ['www.example.org', 'A'],
        ['www.example.org', 'AAAA'],
        ['_understudy.example.org', 'TXT'],
        ['example.org', 'NS'],
        ['example.org', 'SOA'],
        ['example.org', 'MX'],
      ] as const;
      const replies = await Promise.all(asked.map(question => ask(transport, ...question)));
      for (const reply of replies) {
        assert.equal(reply.status, 'NOERROR');
        assert.ok(reply.flags.includes('aa'));
      }
      assert.deepEqual(
        replies.map(reply => reply.answers),
        [
          ['www.example.org. 60 IN A 192.0.2.1', 'www.example.org. 60 IN A 192.0.2.2'],
          ['www.example.org. 60 IN AAAA 2001:db8::1'],
          ['_understudy.example.org. 60 IN TXT "v=1 epoch=1 \\"q\\"" "more"'],
          ['example.org. 172800 IN NS ns-1.example.test.', 'example.org. 172800 IN NS ns-2.example.test.'],
          [
            'example.org. 900 IN SOA ns-1.example.test. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400',
          ],
          ['example.org. 300 IN MX 10 www.example.org.'],
        ],
      );
    });
  }

  it('says no such name, no such data, and whose zone it is, with the negative TTL', async () => {
    const soa = /^example\.org\. 900 IN SOA /;
    const [gone, nodata, between, outside] = await Promise.all([
      ask('nothing.example.org', 'A'),
      ask('www.example.org', 'TXT'),
      ask('b.deep.example.org', 'A'),
      ask('www.example.net', 'A'),
    ]);
    assert.equal(gone.status, 'NXDOMAIN');
    assert.match(gone.authority ?? '', soa);
    for (const reply of [nodata, between]) {
      assert.equal(reply.status, 'NOERROR');
      assert.deepEqual(reply.answers, []);
      assert.match(reply.authority ?? '', soa);
    }
    assert.equal(outside.status, 'REFUSED');
    assert.ok(!outside.flags.includes('aa'));
  });

  it('follows aliases inside its zones, names a target outside, and ends a loop', async () => {
    const [inside, outside, loop] = await Promise.all([
      ask('irc.example.org', 'AAAA'),
      ask('away.example.org', 'A'),
      ask('loop.example.org', 'A'),
    ]);
    assert.deepEqual(inside.answers, [
      'irc.example.org. 30 IN CNAME www.example.org.',
      'www.example.org. 60 IN AAAA 2001:db8::1',
    ]);
    assert.deepEqual(outside.answers, ['away.example.org. 30 IN CNAME www.example.net.']);
    assert.equal(loop.status, 'NOERROR');
  });

  it('answers wildcards below the closest name that exists', async () => {
    const [wild, apex, asked] = await Promise.all([
      ask('x.y.wild.example.org', 'A'),
      ask('wild.example.org', 'A'),
      ask('*.wild.example.org', 'A'),
    ]);
    assert.deepEqual(wild.answers, ['x.y.wild.example.org. 60 IN A 192.0.2.9']);
    assert.deepEqual(apex.answers, []);
    assert.equal(apex.status, 'NOERROR');
    assert.equal(asked.answers.length, 1);
  });

  it('cuts a long answer over UDP, so that dig comes again over TCP', async () => {
    const [cut, whole, small] = await Promise.all([
      ask('+ignore', 'long.example.org', 'A'),
      ask('long.example.org', 'A'),
      ask('+noedns', '+ignore', 'long.example.org', 'A'),
    ]);
    assert.ok(cut.flags.includes('tc'));
    assert.deepEqual(cut.answers, []);
    assert.ok(!whole.flags.includes('tc'));
    assert.equal(whole.answers.length, LONG.length);
    assert.match(whole.out, /Truncated, retrying in TCP mode|\(TCP\)/);
    assert.ok(small.flags.includes('tc'));
  });

  it('tolerates EDNS, cookies and unknown options, and answers without EDNS when asked without', async () => {
    const [edns, plain, odd] = await Promise.all([
      ask('+edns=0', '+cookie', '+bufsize=4096', 'www.example.org', 'A'),
      ask('+noedns', 'www.example.org', 'A'),
      ask('+ednsopt=65001:abcd', 'www.example.org', 'A'),
    ]);
    for (const reply of [edns, plain, odd]) assert.equal(reply.answers.length, 2);
    assert.match(edns.out, /udp: 1232/);
    assert.doesNotMatch(plain.out, /OPT PSEUDOSECTION/);
  });

  it('refuses ANY, transfers and other classes, and implements queries only', async () => {
    const replies = await Promise.all([ask('www.example.org', 'ANY'), ask('version.bind', 'CH', 'TXT')]);
    for (const reply of replies) assert.equal(reply.status, 'REFUSED', reply.out);
    assert.match(await dig('example.org', 'AXFR'), /Transfer failed/);
    assert.equal((await ask('+opcode=STATUS', 'www.example.org', 'A')).status, 'NOTIMP');
  });

  it('answers a change once it is INSYNC, and what is there now after that', async () => {
    const before = (await ask('www.example.org', 'A')).answers;
    emulator.put(ZONE, { name: 'www.example.org', type: 'A', ttlS: 60, values: ['192.0.2.77'] });
    assert.deepEqual((await ask('www.example.org', 'A')).answers, before);
    emulator.settle();
    assert.deepEqual((await ask('www.example.org', 'A')).answers, ['www.example.org. 60 IN A 192.0.2.77']);
    emulator.rollBack(ZONE);
    assert.deepEqual((await ask('www.example.org', 'A')).answers, before);
  });

  it('answers nobody while paused', async () => {
    server.pause(true);
    const silent = await dig('+time=1', 'www.example.org', 'A');
    assert.match(silent, /timed out|no servers could be reached/);
    server.pause(false);
    assert.equal((await ask('www.example.org', 'A')).status, 'NOERROR');
  });

  it('survives anything that is no query, over UDP and TCP', async () => {
    let state = 0x5eed;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const query = encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'www.example.org' }] });
    const socket = createSocket('udp4');
    // One a turn of the event loop: a burst would overflow the socket buffer and prove nothing.
    const send = (bytes: Buffer) =>
      new Promise<void>(resolve => socket.send(bytes, server.port, '127.0.0.1', () => setImmediate(resolve)));
    const stream = connect(server.port, '127.0.0.1');
    stream.on('error', () => undefined);
    const reply = new Promise<Buffer>(resolve => {
      socket.on('message', message => {
        assert.notEqual(message.readUInt16BE(0), 99, 'an answer was answered');
        if (message.readUInt16BE(0) === 4711) resolve(message);
      });
    });
    for (let round = 0; round < 500; round += 1) {
      const bytes =
        round % 2 === 0
          ? Buffer.from(Array.from({ length: draw(80) }, () => draw(256)))
          : Buffer.from(query.subarray(0, Math.max(1, query.length - draw(4))));
      if (round % 2 === 1) bytes[draw(bytes.length)] = draw(256);
      await send(bytes);
      stream.write(bytes);
    }
    // A name that points at itself, and an answer where a query belongs.
    const loop = Buffer.concat([query.subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]);
    const answer = Buffer.from(query);
    answer.writeUInt16BE(99, 0);
    answer.writeUInt16BE(0x8000, 2);
    for (const bytes of [loop, answer]) await send(bytes);
    const last = encode({ type: 'query', id: 4711, questions: [{ type: 'A', name: 'WwW.example.org' }] });
    await send(last);
    const { questions, answers } = decode(await reply);
    assert.equal(questions?.[0]?.name, 'WwW.example.org');
    assert.equal(answers?.length, 2);
    socket.close();
    stream.destroy();
    assert.equal((await ask('+tcp', 'www.example.org', 'A')).answers.length, 2);
  });

  it('takes several questions over one connection, and listens on IPv6', async () => {
    const query = encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'www.example.org' }] });
    const framed = Buffer.concat([Buffer.from([0, query.length]), query]);
    const socket = connect(server.port, '127.0.0.1');
    // Cut at an awkward place: a message may arrive in pieces, two may arrive at once.
    const both = Buffer.concat([framed, framed]);
    socket.write(both.subarray(0, 5));
    socket.write(both.subarray(5));
    let got = Buffer.alloc(0);
    let replies = 0;
    while (replies < 2) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      got = Buffer.concat([got, chunk]);
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        got = got.subarray(2 + got.readUInt16BE(0));
        replies += 1;
      }
    }
    socket.destroy();
    const six = await startNameserver({ zones: emulator.zones, host: '::1' });
    assert.match(six.address, /^\[::1\]:\d+$/);
    await six.close();
  });
});
