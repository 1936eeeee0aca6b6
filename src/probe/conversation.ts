/**
 * Line by line talk with a peer that may say anything: SMTP, IMAP, IRC and SSH greet, and all end their lines
 * with LF. Every buffer has a cap, so a gigabyte without a line end costs no more than one long line.
 */
import type { Socket } from 'node:net';
import { type Attempt, failureOf, ProbeFailure } from './attempt.ts';

/** The longest line that any of these protocols may send (IRC with tags: 8191 + 512 bytes). */
export const LINE_CAP = 8704;
/** All that a peer may say before the probe has what it wants. A long IRC or IMAP greeting is below 16 KiB. */
export const TALK_CAP = 65_536;
/** How long a peer may take to hang up after our goodbye, ms. */
const FAREWELL_MS = 250;

const LF = 10;
const CR = 13;

/** Cuts bytes into lines, wherever the chunks were cut. Decodes as UTF-8, broken sequences as U+FFFD. */
export class LineBuffer {
  #rest: Buffer = Buffer.alloc(0);
  #lines: string[] = [];
  #total = 0;

  /** @throws ProbeFailure `protocol` when a line or the whole talk is over its cap; the lines before it stay readable */
  push(chunk: Buffer): void {
    this.#total += chunk.length;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF)) {
      if (end > LINE_CAP) break;
      const cut = end > 0 && bytes[end - 1] === CR ? end - 1 : end;
      this.#lines.push(bytes.toString('utf8', 0, cut));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > LINE_CAP) {
      this.#rest = Buffer.alloc(0);
      throw new ProbeFailure('protocol', `a line of more than ${LINE_CAP} bytes`);
    }
    // A copy: a slice would keep the whole 64 KiB read buffer alive for a few bytes.
    this.#rest = Buffer.from(bytes);
    if (this.#total > TALK_CAP) throw new ProbeFailure('protocol', `more than ${TALK_CAP} bytes of talk`);
  }

  /** The next whole line without its line end, or undefined. */
  shift(): string | undefined {
    return this.#lines.shift();
  }

  /** True when nothing is left over, not even part of a line. */
  get empty(): boolean {
    return this.#lines.length === 0 && this.#rest.length === 0;
  }
}

interface Waiter {
  resolve(line: string): void;
  reject(failure: ProbeFailure): void;
}

export class Conversation {
  readonly #attempt: Attempt;
  readonly #socket: Socket;
  readonly #lines = new LineBuffer();
  #waiter: Waiter | null = null;
  #over: ProbeFailure | null = null;
  #draining = false;
  #onClosed: (() => void) | null = null;

  constructor(attempt: Attempt, socket: Socket) {
    this.#attempt = attempt;
    this.#socket = socket;
    socket.on('data', this.#data);
    socket.on('end', this.#ended);
    socket.on('close', this.#ended);
    socket.on('error', this.#failed);
  }

  /**
   * The next line. @param awaited what it should be, for the sentence of a timeout (`greeting`)
   * @throws ProbeFailure `reset` when the peer has hung up, `protocol` when it said too much
   */
  line(awaited: string): Promise<string> {
    this.#attempt.phase = awaited;
    const next = this.#lines.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Sends one line. Names come from the config; one with a line end in it could say something else. */
  send(line: string): void {
    if (/[\r\n\0]/.test(line)) throw new ProbeFailure('internal', 'a setting holds a line end');
    this.#socket.write(`${line}\r\n`);
  }

  /**
   * Hands the socket over to TLS. @throws ProbeFailure `protocol` when the peer sent more than was asked for:
   * plain text before the handshake must not be taken for an answer inside it (CVE-2011-0411)
   */
  release(): Socket {
    this.#socket.pause();
    this.#socket.off('data', this.#data);
    this.#socket.off('end', this.#ended);
    this.#socket.off('close', this.#ended);
    this.#socket.off('error', this.#failed);
    if (!this.#lines.empty) throw new ProbeFailure('protocol', 'plain text after the go-ahead for TLS');
    return this.#socket;
  }

  /**
   * Says goodbye, then reads and forgets whatever comes until the peer hangs up, so that our close is no reset in
   * its log. Waits a moment and no more: the outcome is decided by then.
   */
  leave(farewell: string): Promise<void> {
    this.#draining = true;
    if (this.#over !== null) return Promise.resolve();
    this.send(farewell);
    this.#socket.end();
    return new Promise(resolve => {
      const timer = setTimeout(resolve, FAREWELL_MS);
      this.#attempt.onEnd(() => clearTimeout(timer));
      this.#onClosed = resolve;
    });
  }

  readonly #data = (chunk: Buffer) => {
    if (this.#draining) return;
    try {
      this.#lines.push(chunk);
    } catch (thrown) {
      this.#stop(failureOf(thrown));
      this.#socket.destroy();
      return;
    }
    this.#answer();
  };

  readonly #ended = () =>
    this.#stop(new ProbeFailure('reset', `the peer hung up: no ${this.#attempt.phase}`));

  readonly #failed = (error: Error) => this.#stop(failureOf(error));

  #stop(failure: ProbeFailure): void {
    this.#over ??= failure;
    this.#onClosed?.();
    this.#answer();
  }

  /** Lines that came before the end are still answers; only a reader with nothing left to read is told of it. */
  #answer(): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    const line = this.#lines.shift();
    if (line === undefined && this.#over === null) return;
    this.#waiter = null;
    if (line !== undefined) waiter.resolve(line);
    else if (this.#over !== null) waiter.reject(this.#over);
  }
}
