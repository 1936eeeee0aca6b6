/**
 * Reads one HTTP/1 response from bytes as they come (RFC 9112), as far as a probe needs it: status, then the body
 * with its framing removed. Written out here, and not left to node:http, for two measured reasons: a request
 * object there costs a third more CPU than the whole connection, and every cap below is ours to state and test.
 * Tolerant where browsers are (bare LF, odd reason phrases), since a site that people can use is up.
 */
import { ProbeFailure } from './attempt.ts';

/** Head of a response, chunk-size line, or trailer, bytes. */
export const HEAD_CAP = 16_384;
/** So much of a body is read at most, bytes on the wire; one that is still going on after that counts as whole. */
export const BODY_CAP = 262_144;
/** Interim responses (1xx) before the real one. */
const INTERIM_CAP = 10;

const NOTHING = Buffer.alloc(0);
const LF = 10;

type State =
  | 'head'
  | 'counted' // body with a Content-Length
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailer'
  | 'done';

export class HttpResponse {
  /** 0 until the head is complete. */
  status = 0;
  readonly #body: (bytes: Buffer) => void;
  readonly #bodiless: boolean;
  #state: State = 'head';
  /** Undigested bytes of a head or line; never longer than HEAD_CAP and one read. */
  #rest: Buffer = NOTHING;
  /** Bytes still to come of the counted body or the chunk. */
  #left = 0;
  #wire = 0;
  #interim = 0;
  #trailer = 0;

  /** @param method of the request: HEAD has no body · @param body is given the decoded body piece by piece */
  constructor(method: 'GET' | 'HEAD', body: (bytes: Buffer) => void) {
    this.#bodiless = method === 'HEAD';
    this.#body = body;
  }

  /** True when the response is complete, or so long that the rest is of no interest. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** @throws ProbeFailure `protocol` when this is not HTTP or a cap is exceeded */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = NOTHING;
    while (bytes.length > 0 && this.#state !== 'done') {
      const used = this.#step(bytes);
      if (used === 0) {
        if (bytes.length > HEAD_CAP)
          throw new ProbeFailure('protocol', `a head of more than ${HEAD_CAP} bytes`);
        // A copy, so that a few bytes do not keep a whole read buffer alive.
        this.#rest = Buffer.from(bytes);
        return;
      }
      bytes = bytes.subarray(used);
    }
  }

  /** The peer has closed its side. @throws ProbeFailure `reset` when that was too early */
  end(): void {
    if (this.#state === 'until-close') this.#state = 'done';
    if (this.#state === 'done') return;
    const missing = this.status === 0 ? 'answer' : 'end of the body';
    throw new ProbeFailure('reset', `the peer hung up: no ${missing}`);
  }

  /** Digests the start of `bytes`. @returns how many; 0: more must come first */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes);
      case 'counted':
        return this.#take(bytes, 'done');
      case 'chunk-data':
        return this.#take(bytes, 'chunk-end');
      case 'until-close':
        this.#left = bytes.length + 1;
        return this.#take(bytes, 'done');
      default:
        return this.#line(bytes);
    }
  }

  #take(bytes: Buffer, next: State): number {
    const taken = Math.min(bytes.length, this.#left, BODY_CAP - this.#wire);
    this.#left -= taken;
    this.#wire += taken;
    if (taken > 0) this.#body(taken === bytes.length ? bytes : bytes.subarray(0, taken));
    if (this.#left === 0) this.#state = next;
    if (this.#wire >= BODY_CAP) this.#state = 'done';
    return taken;
  }

  #head(bytes: Buffer): number {
    // Told at once, because a peer of another protocol may now be waiting for us until the deadline.
    if (!'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7)))
      throw new ProbeFailure('protocol', `not HTTP/1: ${bytes.toString('utf8', 0, 80)}`);
    const end = endOfHead(bytes);
    if (end === -1 || end > HEAD_CAP) return 0;
    const head = bytes.toString('latin1', 0, end);
    const status = Number(/^HTTP\/1\.[0-9] ([1-9][0-9]{2})(?=[ \r\n])/.exec(head)?.[1] ?? 0);
    if (status === 0) throw new ProbeFailure('protocol', `not a status line: ${head.slice(0, 80)}`);
    if (status === 101) throw new ProbeFailure('protocol', 'switched protocols unasked');
    if (status < 200) {
      this.#interim += 1;
      if (this.#interim > INTERIM_CAP) throw new ProbeFailure('protocol', 'interim answers without end');
      return end;
    }
    this.status = status;
    if (this.#bodiless || status === 204 || status === 304) this.#state = 'done';
    else this.#frame(head);
    return end;
  }

  /** RFC 9112, section 6.3. */
  #frame(head: string): void {
    const coding = /\ntransfer-encoding:[ \t]*([^\r\n]*)/i.exec(head)?.[1];
    if (coding !== undefined) {
      this.#state = /(^|[, \t])chunked[ \t]*$/i.test(coding) ? 'chunk-size' : 'until-close';
      return;
    }
    const length = /\ncontent-length:[ \t]*([^\r\n]*?)[ \t]*(?:\r?\n)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#state = 'until-close';
      return;
    }
    if (!/^[0-9]{1,15}$/.test(length))
      throw new ProbeFailure('protocol', `Content-Length is no number: ${length.slice(0, 40)}`);
    this.#left = Number(length);
    this.#state = this.#left === 0 ? 'done' : 'counted';
  }

  /** The lines of the chunked coding (RFC 9112, section 7.1). */
  #line(bytes: Buffer): number {
    const end = bytes.indexOf(LF);
    if (end === -1 || end >= HEAD_CAP) return 0;
    const line = bytes.toString('latin1', 0, end).replace(/\r$/, '');
    this.#wire += end + 1;
    if (this.#state === 'chunk-end') {
      if (line !== '') throw new ProbeFailure('protocol', 'a chunk longer than announced');
      this.#state = 'chunk-size';
    } else if (this.#state === 'chunk-size') {
      const size = /^[ \t]*([0-9a-f]{1,12})[ \t]*(?:;|$)/i.exec(line)?.[1];
      if (size === undefined) throw new ProbeFailure('protocol', `not a chunk size: ${line.slice(0, 40)}`);
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailer' : 'chunk-data';
    } else if (line === '') {
      this.#state = 'done';
    } else {
      this.#trailer += end + 1;
      if (this.#trailer > HEAD_CAP)
        throw new ProbeFailure('protocol', `a trailer of more than ${HEAD_CAP} bytes`);
    }
    if (this.#wire >= BODY_CAP) this.#state = 'done';
    return end + 1;
  }
}

/** Index after the empty line that ends a head, or -1. Lines may end with a bare LF. */
function endOfHead(bytes: Buffer): number {
  const usual = bytes.indexOf('\n\r\n');
  const before = usual === -1 ? bytes : bytes.subarray(0, usual);
  const bare = before.indexOf('\n\n');
  if (bare !== -1) return bare + 2;
  return usual === -1 ? -1 : usual + 3;
}

/** Looks for a text in a stream while keeping no more of it than the text is long. */
export class BodyWatch {
  readonly #needle: Buffer | null;
  #tail: Buffer = NOTHING;
  /** True when the text was found, or none is wanted. */
  satisfied: boolean;

  constructor(text: string | null) {
    this.#needle = text === null || text === '' ? null : Buffer.from(text, 'utf8');
    this.satisfied = this.#needle === null;
  }

  push(chunk: Buffer): void {
    if (this.satisfied || this.#needle === null) return;
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.satisfied = bytes.includes(this.#needle);
    this.#tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#needle.length + 1)));
  }
}
