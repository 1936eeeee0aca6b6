/**
 * One DNS question to one server: UDP first, TCP when the answer was truncated, with the codec of dns-packet and
 * sockets of our own, because resolvers of the system follow caches and search lists and we need this server's
 * own word. Against forged answers: a random id, a fresh port from the kernel, a connected socket (other senders
 * are not even read), and the question must come back. No EDNS: our answers are small, and it has cost
 * compatibility more often than a second question over TCP has cost time.
 */
import type { Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import type { DecodedPacket } from 'dns-packet';
import type { NameServerAnswer } from '../ports/providers.ts';
import { type Attempt, failureOf, ProbeFailure } from './attempt.ts';
import { dial } from './dial.ts';
import type { Question, readAnswer } from './dns-message.ts';

type Reader = (message: Buffer) => ReturnType<typeof readAnswer>;

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Loaded with the first question: most probes ask none. */
let loaded: { messages: typeof import('./dns-message.ts'); dgram: typeof import('node:dgram') } | undefined;

/** A lost datagram is sent again after so long, ms, a few times; the deadline ends it all. */
const RESEND_MS = 400;
const SENDS = 5;
/** Datagrams that are no answer of ours (forged, late, garbage) before we call the server insane. */
const STRAY_CAP = 100;

/** @throws ProbeFailure; a refusal (NXDOMAIN, SERVFAIL …) is an answer with that rcode */
export async function query(
  attempt: Attempt,
  address: string,
  port: number,
  question: Question,
  randomId: () => number,
): Promise<NameServerAnswer> {
  if (isIP(address) === 0) throw new ProbeFailure('internal', `"${address}" is not an IP address`);
  loaded ??= { messages: await import('./dns-message.ts'), dgram: await import('node:dgram') };
  const { messages, dgram } = loaded;
  if (attempt.ended) throw new ProbeFailure('timeout', 'ended before it began');
  const id = randomId() & 0xffff;
  const bytes = messages.encodeQuestion(question, id);
  if (bytes === null) throw new ProbeFailure('internal', `"${question.name}" cannot be asked for`);
  const read: Reader = message => messages.readAnswer(message, id, question);
  const place = { address, port };
  const socket = dgram.createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const first = await overUdp(attempt, socket, place, bytes, read);
  return messages.toAnswer(first.flag_tc ? await overTcp(attempt, place, bytes, read) : first);
}

function overUdp(
  attempt: Attempt,
  socket: Socket,
  place: Place,
  bytes: Buffer,
  reader: Reader,
): Promise<DecodedPacket> {
  attempt.phase = 'DNS answer';
  return new Promise((resolve, reject) => {
    let sends = 0;
    let strays = 0;
    let timer: NodeJS.Timeout | undefined;
    let open = true;
    const close = () => {
      clearTimeout(timer);
      if (open) socket.close();
      open = false;
    };
    attempt.onEnd(close);
    const fail = (failure: ProbeFailure) => {
      close();
      reject(failure);
    };
    const send = () => {
      sends += 1;
      socket.send(bytes, error => {
        if (error) fail(failureOf(error));
      });
      if (sends < SENDS) timer = setTimeout(send, RESEND_MS);
    };
    socket.on('error', error => fail(failureOf(error)));
    socket.on('message', message => {
      const read = reader(message);
      if (read === 'stray') {
        strays += 1;
        if (strays > STRAY_CAP) fail(new ProbeFailure('protocol', 'too many datagrams that are no answer'));
        return;
      }
      if (read === 'garbage') return fail(new ProbeFailure('protocol', 'a DNS answer that cannot be read'));
      close();
      resolve(read);
    });
    socket.connect(place.port, place.address, () => {
      if (open) send();
    });
  });
}

async function overTcp(
  attempt: Attempt,
  place: Place,
  bytes: Buffer,
  reader: Reader,
): Promise<DecodedPacket> {
  const socket = await dial(attempt, place.address, place.port);
  attempt.phase = 'DNS answer over TCP';
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  socket.write(Buffer.concat([head, bytes]));
  return new Promise((resolve, reject) => {
    // At most 2 + 65,535 bytes can be awaited: the length field says so.
    let got: Buffer = Buffer.alloc(0);
    socket.on('error', error => reject(failureOf(error)));
    socket.on('end', () => reject(new ProbeFailure('reset', 'the peer hung up: no DNS answer over TCP')));
    socket.on('data', chunk => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return;
      socket.destroy();
      const read = reader(got.subarray(2, 2 + got.readUInt16BE(0)));
      if (typeof read === 'string')
        reject(new ProbeFailure('protocol', 'a DNS answer over TCP that cannot be read'));
      else resolve(read);
    });
  });
}
