/**
 * What an authoritative server, or whoever answers in its place, sends back. `verify` and `status` rest on these
 * answers: a datagram that is damaged is an error or no answer at all, and never holds a process up.
 */
import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import packet, { type Answer } from 'dns-packet';
import fc from 'fast-check';
import { type DnsView, viewDns } from '../../src/cli/dns-view.ts';
import type { NameServerAnswer } from '../../src/ports/providers.ts';
import { createNameServers } from '../../src/probe/name-servers.ts';
import { systemClock } from '../../src/system/clock.ts';
import { makeService } from '../lab/service.ts';
import { type ByteEdit, byteEdits, mutateBytes } from './bytes.ts';
import { assertFit, assertGoodError, property, thrownBy } from './harness.ts';

const file = import.meta.url;
const ID = 4711;
const TYPES = ['A', 'AAAA', 'TXT', 'NS', 'SOA'] as const;
const NAME = 'www.example.org';
const EPOCH_TEXT = 'v=1 epoch=7 active=away owner=r-1';

const RECORDS: Readonly<Record<(typeof TYPES)[number], Answer[]>> = {
  A: [
    { type: 'A', name: NAME, ttl: 60, data: '127.0.0.12' },
    { type: 'A', name: NAME, ttl: 60, data: '127.0.0.12' },
    { type: 'CNAME', name: NAME, ttl: 60, data: 'a.example.org' },
  ],
  AAAA: [{ type: 'AAAA', name: NAME, ttl: 60, data: '2001:db8::1' }],
  TXT: [{ type: 'TXT', name: NAME, ttl: 60, data: [EPOCH_TEXT, 'b'] }],
  NS: [{ type: 'NS', name: NAME, ttl: 60, data: 'ns1.example.org' }],
  SOA: [
    {
      type: 'SOA',
      name: NAME,
      ttl: 60,
      data: {
        mname: 'ns1.example.org',
        rname: 'h.example.org',
        serial: 7,
        refresh: 1,
        retry: 1,
        expire: 1,
        minimum: 1,
      },
    },
  ],
};

function answer(type: (typeof TYPES)[number], name = NAME, id = ID): Buffer {
  return packet.encode({
    type: 'response',
    id,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: [{ type, name }],
    answers: RECORDS[type].map(record => ({ ...record, name })),
  });
}

/** A server at one port: UDP says `first`, then the honest answer; TCP says `stream` and hangs up. */
interface Peer {
  readonly place: string;
  first: Buffer;
  honest: (query: Buffer) => Buffer;
  stream: Buffer;
  close(): Promise<void>;
}

async function startServer(): Promise<Peer> {
  for (;;) {
    const udp: UdpSocket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const { port } = udp.address();
    const tcp: Server = createServer(socket => {
      socket.on('error', () => {});
      socket.resume();
      socket.end(peer.stream);
    });
    const peer: Peer = {
      place: `127.0.0.1:${port}`,
      first: Buffer.alloc(0),
      honest: () => answer('A'),
      stream: Buffer.alloc(0),
      async close() {
        udp.close();
        tcp.close();
        await once(tcp, 'close');
      },
    };
    udp.on('message', (query, from) => {
      if (peer.first.length <= 60_000) udp.send(peer.first, from.port, from.address);
      udp.send(peer.honest(query), from.port, from.address);
    });
    tcp.listen(port, '127.0.0.1');
    const [event] = await Promise.race([
      once(tcp, 'listening').then(() => ['listening']),
      once(tcp, 'error').then(() => ['error']),
    ]);
    if (event === 'listening' && (tcp.address() as AddressInfo).port === port) return peer;
    udp.close(); // taken by another process
  }
}

/** What may be compared, stored and shown. */
function assertAnswer(given: NameServerAnswer): void {
  assert.equal(typeof given.authoritative, 'boolean');
  assertFit(given.rcode, 'the rcode');
  for (const { type, ttlS, value } of given.records) {
    assert.equal(typeof type, 'string');
    assert.ok(Number.isInteger(ttlS) && ttlS >= 0, `ttl ${ttlS}`);
    assert.ok(value.length <= 70_000);
    if (type !== 'TXT') assertFit(value, `a ${type} record`);
    else assert.match(value, /^[\x20-\x7e]*$/, 'escaped as zone files do');
  }
}

describe('property: answers of name servers', () => {
  let peer: Peer;
  before(async () => {
    peer = await startServer();
  });
  after(() => peer.close());

  const mutation = fc.record({
    type: fc.constantFrom(...TYPES),
    edits: byteEdits,
    truncated: fc.boolean(),
    tcp: byteEdits,
    lead: fc.integer({ min: -3, max: 3 }),
  });

  /** Over TCP a length goes before; it may be wrong by `lead`. */
  function framed(message: Buffer, lead: number): Buffer {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(Math.max(0, Math.min(65_535, message.length + lead)));
    return Buffer.concat([head, message]);
  }

  /** The id is right: whoever gets that wrong is not read at all. */
  function damaged(type: (typeof TYPES)[number], edits: readonly ByteEdit[], truncated: boolean): Buffer {
    const bytes = mutateBytes(answer(type), edits);
    if (bytes.length >= 2) bytes.writeUInt16BE(ID, 0);
    if (truncated && bytes.length >= 3) bytes[2] = (bytes[2] ?? 0) | 0x82;
    return bytes;
  }

  property(
    'are an answer that can be compared and shown, or an error that names the server',
    mutation,
    async ({ type, edits, truncated, tcp, lead }) => {
      const servers = createNameServers({ randomId: () => ID });
      peer.first = damaged(type, edits, truncated);
      peer.honest = () => answer(type);
      peer.stream = framed(mutateBytes(answer(type), tcp), lead);
      let given: NameServerAnswer | null = null;
      const thrown = await thrownBy(async () => {
        given = await servers.ask(peer.place, NAME, type, AbortSignal.timeout(10_000));
      });
      if (thrown === null) assertAnswer(given ?? assert.fail('neither answer nor error'));
      else assertGoodError(thrown, new RegExp(peer.place.replaceAll('.', '\\.')));
    },
    { file },
  );

  property(
    'shown by `status`: a site is named only when addresses of ours say so, and all text can be shown',
    fc.record({ edits: byteEdits, type: fc.constantFrom('A' as const, 'TXT' as const) }),
    async ({ edits, type }) => {
      const service = makeService();
      const servers = createNameServers({ randomId: () => ID });
      const view: DnsView = await viewDns(
        service,
        {
          clock: systemClock,
          nameServers: {
            // Only one of the three questions gets the damaged answer, so that all else is as it should be.
            ask: async (_server, name, asked, signal) => {
              const honest = answer(asked === 'AAAA' ? 'AAAA' : asked, name);
              if (asked !== type) return { rcode: 'NOERROR', authoritative: true, records: [] };
              peer.first = mutateBytes(honest, edits);
              peer.honest = () => honest;
              peer.stream = framed(honest, 0);
              return servers.ask(peer.place, name, asked, signal);
            },
          },
        },
        AbortSignal.timeout(10_000),
      );
      for (const { problem, addresses, site, epoch } of view.servers) {
        if (problem !== null) assertFit(problem, 'the problem');
        for (const address of addresses) assertFit(address, 'an address');
        if (site !== null) {
          const ours = Object.values(service.sites.find(({ name }) => name === site)?.addresses ?? {});
          assert.ok(addresses.length > 0 && addresses.every(address => ours.includes(address)));
        }
        if (epoch !== null) assert.ok(Number.isSafeInteger(epoch.epoch) && epoch.epoch > 0);
      }
    },
    { file },
  );
});
