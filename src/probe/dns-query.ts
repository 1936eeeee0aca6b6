/**
 * One DNS question to one server: UDP first, TCP when the answer was truncated, with the codec of dns-packet and
 * sockets of our own, because resolvers of the system follow caches and search lists and we need this server's
 * own word. Against forged answers: a random id, a fresh port from the kernel, a connected socket (other senders
 * are not even read), and the question must come back. No EDNS: our answers are small, and it has cost
 * compatibility more often than a second question over TCP has cost time.
 */
import { createSocket } from 'node:dgram';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import packet, { type Answer, type DecodedPacket, type RecordType } from 'dns-packet';
import type { NameServerAnswer } from '../ports/providers.ts';
import { type Attempt, failureOf, ProbeFailure } from './attempt.ts';
import { dial } from './dial.ts';

/** What may be asked; more than the port needs, for the dns probe. */
export const QUESTION_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'SOA', 'TXT'] as const;
export type QuestionType = (typeof QUESTION_TYPES)[number];

export interface Question {
  readonly name: string;
  readonly type: QuestionType;
  /** Set "recursion desired": for a resolver; never for an authoritative server. */
  readonly recursive: boolean;
}

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
  const id = randomId() & 0xffff;
  let bytes: Buffer;
  try {
    bytes = packet.encode({
      type: 'query',
      id,
      flags: question.recursive ? packet.RECURSION_DESIRED : 0,
      questions: [{ type: question.type, name: question.name, class: 'IN' }],
    });
  } catch {
    throw new ProbeFailure('internal', `"${question.name}" cannot be asked for`);
  }
  const first = await overUdp(attempt, address, port, bytes, id, question);
  const answer = first.flag_tc ? await overTcp(attempt, address, port, bytes, id, question) : first;
  return {
    rcode: rcodeOf(answer),
    authoritative: answer.flag_aa,
    records: (answer.answers ?? []).flatMap(record => {
      const value = presentation(record);
      return value === null || !('ttl' in record)
        ? []
        : [{ type: record.type, ttlS: record.ttl ?? 0, value }];
    }),
  };
}

function overUdp(
  attempt: Attempt,
  address: string,
  port: number,
  bytes: Buffer,
  id: number,
  question: Question,
): Promise<DecodedPacket> {
  attempt.phase = 'DNS answer';
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
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
      const read = readAnswer(message, id, question);
      if (read === 'stray') {
        strays += 1;
        if (strays > STRAY_CAP) fail(new ProbeFailure('protocol', 'too many datagrams that are no answer'));
        return;
      }
      if (read === 'garbage') return fail(new ProbeFailure('protocol', 'a DNS answer that cannot be read'));
      close();
      resolve(read);
    });
    socket.connect(port, address, () => {
      if (open) send();
    });
  });
}

async function overTcp(
  attempt: Attempt,
  address: string,
  port: number,
  bytes: Buffer,
  id: number,
  question: Question,
): Promise<DecodedPacket> {
  const socket = await dial(attempt, address, port);
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
      const read = readAnswer(got.subarray(2, 2 + got.readUInt16BE(0)), id, question);
      if (typeof read === 'string')
        reject(new ProbeFailure('protocol', 'a DNS answer over TCP that cannot be read'));
      else resolve(read);
    });
  });
}

/**
 * Takes a datagram apart. @returns the packet; `stray` when it is not the answer to this question (somebody
 * guesses, or an old one); `garbage` when id and flags are right and the rest cannot be decoded
 */
export function readAnswer(
  message: Buffer,
  id: number,
  question: Question,
): DecodedPacket | 'stray' | 'garbage' {
  if (message.length < 12 || message.readUInt16BE(0) !== id || (message.readUInt16BE(2) & 0x8000) === 0)
    return 'stray';
  let decoded: DecodedPacket;
  try {
    decoded = packet.decode(message);
  } catch {
    // A truncated answer may be cut anywhere, even in a record: its header alone says "ask over TCP".
    const flags = message.readUInt16BE(2);
    return (flags & 0x0200) === 0 ? 'garbage' : headerOnly(message, id, question);
  }
  const asked = decoded.questions?.[0];
  // Servers that understood nothing (FORMERR, NOTIMP) may leave the question out.
  if (asked === undefined) return rcodeOf(decoded) === 'NOERROR' ? 'stray' : decoded;
  return asked.type === question.type && bare(asked.name) === bare(question.name) ? decoded : 'stray';
}

function headerOnly(message: Buffer, id: number, question: Question): DecodedPacket | 'stray' | 'garbage' {
  const head = Buffer.from(message);
  head.fill(0, 6, 12); // answer, authority and additional counts: nothing of them is used
  return readAnswer(head, id, question);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** dns-packet decodes the rcode; its types leave it out. */
function rcodeOf(decoded: DecodedPacket): string {
  return 'rcode' in decoded && typeof decoded.rcode === 'string' ? decoded.rcode : 'NOERROR';
}

/**
 * A record's value as a zone file writes it, names in lower case without the last dot: what Route 53 stores, so
 * that an answer can be compared with a RecordSet. TXT has its quotes. Null for other types and broken data.
 */
export function presentation(record: Answer): string | null {
  switch (record.type as RecordType) {
    case 'A':
    case 'AAAA': {
      const address = 'data' in record && typeof record.data === 'string' ? record.data : '';
      if (isIP(address) === 0) return null;
      return canonicalAddress(address);
    }
    case 'TXT': {
      if (record.type !== 'TXT') return null;
      const parts = Array.isArray(record.data) ? record.data : [record.data];
      return parts.map(part => quoted(Buffer.from(part))).join(' ');
    }
    case 'NS':
    case 'CNAME':
      return 'data' in record && typeof record.data === 'string' ? bare(record.data) : null;
    case 'MX':
      if (record.type !== 'MX') return null;
      return `${record.data.preference ?? 0} ${bare(record.data.exchange)}`;
    case 'SOA': {
      if (record.type !== 'SOA') return null;
      const soa = record.data;
      const numbers = [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].map(n => n ?? 0);
      return [bare(soa.mname), bare(soa.rname), ...numbers].join(' ');
    }
    default:
      return null;
  }
}

/** IPv6 in the one form of RFC 5952; IPv4 as it is. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** A character string in quotes; `"`, `\` and what is not printable ASCII escaped as zone files do (RFC 1035, 5.1). */
function quoted(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte > 0x7e) text += `\\${String(byte).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return `"${text}"`;
}
