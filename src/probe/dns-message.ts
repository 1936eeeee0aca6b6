/**
 * DNS messages: the question as bytes, the answer taken apart, values as a zone file writes them. The codec is
 * dns-packet; it takes some ms to load, so dns-query.ts imports this file only when a question is asked.
 */
import { isIP } from 'node:net';
import packet, { type Answer, type DecodedPacket, type RecordType } from 'dns-packet';
import type { NameServerAnswer } from '../ports/providers.ts';
import { canonicalAddress } from './address.ts';

/** What may be asked; more than the port needs, for the dns probe. */
export type QuestionType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'SOA' | 'TXT';

export interface Question {
  readonly name: string;
  readonly type: QuestionType;
  /** Set "recursion desired": for a resolver; never for an authoritative server. */
  readonly recursive: boolean;
}

const NAME = /^(?:[A-Za-z0-9_*-]{1,63}\.)*[A-Za-z0-9_*-]{1,63}\.?$/;

/** @returns the bytes of a query, or null when the name cannot be asked for */
export function encodeQuestion(question: Question, id: number): Buffer | null {
  // The codec would write an over-long label as something else.
  if (!NAME.test(question.name) || question.name.length > 254) return null;
  return packet.encode({
    type: 'query',
    id,
    flags: question.recursive ? packet.RECURSION_DESIRED : 0,
    questions: [{ type: question.type, name: question.name, class: 'IN' }],
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
  // A truncated answer may be cut anywhere, even inside a record: then its head alone says "ask over TCP".
  const truncated = (message.readUInt16BE(2) & packet.TRUNCATED_RESPONSE) !== 0;
  const decoded = decode(message) ?? (truncated ? decode(withoutRecords(message)) : null);
  if (decoded === null) return 'garbage';
  const asked = decoded.questions?.[0];
  // Servers that understood nothing (FORMERR, NOTIMP) may leave the question out.
  if (asked === undefined) return rcodeOf(decoded) === 'NOERROR' ? 'stray' : decoded;
  return asked.type === question.type && bare(asked.name) === bare(question.name) ? decoded : 'stray';
}

function decode(message: Buffer): DecodedPacket | null {
  try {
    return packet.decode(message);
  } catch {
    return null;
  }
}

/** A copy that announces its question and nothing more. */
function withoutRecords(message: Buffer): Buffer {
  const copy = Buffer.from(message);
  copy.fill(0, 6, 12); // counts of answer, authority and additional records
  return copy;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** A name as zone files write it: whatever is not printable ASCII as `\DDD`, byte by byte, so that it can be shown. */
function shown(name: string): string {
  return bare(name).replace(/[^\x21-\x7e]/gu, character =>
    [...Buffer.from(character)].map(byte => `\\${String(byte).padStart(3, '0')}`).join(''),
  );
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
      return 'data' in record && typeof record.data === 'string' ? shown(record.data) : null;
    case 'MX':
      if (record.type !== 'MX') return null;
      return `${record.data.preference ?? 0} ${shown(record.data.exchange)}`;
    case 'SOA': {
      if (record.type !== 'SOA') return null;
      const soa = record.data;
      const numbers = [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum].map(n => n ?? 0);
      return [shown(soa.mname), shown(soa.rname), ...numbers].join(' ');
    }
    default:
      return null;
  }
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

/** The whole answer in the port's form. */
export function toAnswer(decoded: DecodedPacket): NameServerAnswer {
  return {
    rcode: rcodeOf(decoded),
    authoritative: decoded.flag_aa,
    records: (decoded.answers ?? []).flatMap(record => {
      const value = presentation(record);
      return value === null || !('ttl' in record)
        ? []
        : [{ type: record.type, ttlS: record.ttl ?? 0, value }];
    }),
  };
}
