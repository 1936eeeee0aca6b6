/**
 * From the bytes of a query to the bytes of its answer (RFC 1035, EDNS of RFC 6891). Bytes from a network may be
 * anything: what is no query gets no answer, and nothing that arrives can throw.
 */
import { type Answer, decode, encode, type OptAnswer, type Packet } from 'dns-packet';
import { answerTo, type Rcode, type Reply, type ServedZone } from './answer.ts';

const RCODES: Readonly<Record<Rcode, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};
const QR = 1 << 15;
const AA = 1 << 10;
const TC = 1 << 9;
const RD = 1 << 8;
const OPCODE = 0x7800;
const HEADER = 12;
/** Without EDNS a UDP answer is at most this long. */
const CLASSIC_UDP = 512;
/** What we promise and take over UDP: no fragments on any usual path (DNS flag day 2020). */
const EDNS_UDP = 1232;

/**
 * @param transport over UDP a long answer is cut to nothing with TC set, so that the client comes again over TCP
 * @returns the answer's bytes, or null when the message deserves none
 */
export function respond(
  bytes: Buffer,
  transport: 'udp' | 'tcp',
  zones: readonly ServedZone[],
): Buffer | null {
  if (bytes.length < HEADER) return null;
  const flags = bytes.readUInt16BE(2);
  // Answering an answer would let two servers talk to each other for ever.
  if ((flags & QR) !== 0) return null;
  const id = bytes.readUInt16BE(0);
  let query: Packet;
  try {
    query = decode(bytes);
  } catch {
    return null;
  }
  const questions = query.questions ?? [];
  const opt = (query.additionals ?? []).find((one): one is OptAnswer => one.type === 'OPT');
  const build = (reply: Reply, truncated: boolean): Buffer =>
    encode({
      id,
      type: 'response',
      flags:
        (flags & (OPCODE | RD)) | (reply.authoritative ? AA : 0) | (truncated ? TC : 0) | RCODES[reply.rcode],
      questions,
      answers: [...reply.answers],
      authorities: [...reply.authorities],
      additionals: opt === undefined ? [] : [edns()],
    });
  const most = transport === 'tcp' ? 65_535 : udpLimit(opt);
  try {
    const whole = build(answerSafely(flags, questions, zones), false);
    return whole.length <= most ? whole : build({ ...bare('NOERROR'), authoritative: true }, true);
  } catch {
    // A question that the codec reads but cannot write again (a class of its own making, a name that is no text).
    return null;
  }
}

/** A zone whose records cannot be put on the wire is the server's failure, not silence. */
function answerSafely(
  flags: number,
  questions: NonNullable<Packet['questions']>,
  zones: readonly ServedZone[],
): Reply {
  try {
    return replyTo(flags, questions, zones);
  } catch {
    return bare('SERVFAIL');
  }
}

function replyTo(
  flags: number,
  questions: NonNullable<Packet['questions']>,
  zones: readonly ServedZone[],
): Reply {
  if ((flags & OPCODE) !== 0) return bare('NOTIMP');
  const [question] = questions;
  if (question === undefined || questions.length !== 1) return bare('FORMERR');
  if ((question.class ?? 'IN') !== 'IN') return bare('REFUSED');
  return answerTo(zones, question.name, question.type);
}

function bare(rcode: Rcode): Reply {
  return { rcode, authoritative: false, answers: [], authorities: [] };
}

function udpLimit(opt: OptAnswer | undefined): number {
  return opt === undefined ? CLASSIC_UDP : Math.min(Math.max(opt.udpPayloadSize, CLASSIC_UDP), EDNS_UDP);
}

function edns(): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: EDNS_UDP,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}
