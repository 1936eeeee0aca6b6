/**
 * Turns what a command writes into lines that can be shown and stored. A command may write anything: endless
 * lines, binary, terminal escapes that would repaint an operator's screen when the journal is read later. So
 * each line is cut at a cap, the number of lines is capped, and only printable text gets through; what is
 * held in memory does not grow with the output.
 */

/** Bytes kept of one line; the rest up to the next line end is dropped and a `…` says so. */
export const LINE_BYTES = 2_000;
/** Lines handed on as they come; after that one line says that more is not shown. The tail goes on. */
export const LINES_SHOWN = 5_000;
/** Lines kept for `CommandResult.tail`. */
export const TAIL_LINES = 40;

const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
// Whole sequences first (colours, cursor moves, window titles), or their letters would stay behind as litter.
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?|[ -/]*[0-~])`,
  'g',
);
// Controls, invisible format characters (bidi overrides among them), line and paragraph separators, lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** @returns the text with tabs as single spaces and without escapes, controls, invisible characters or trailing space */
export function printable(text: string): string {
  return text.replaceAll(SEQUENCES, '').replaceAll('\t', ' ').replaceAll(UNPRINTABLE, '').trimEnd();
}

/** The unfinished line of one stream. */
class Pending {
  private readonly bytes = Buffer.alloc(LINE_BYTES);
  private used = 0;
  private cut = false;

  add(chunk: Uint8Array): void {
    const room = LINE_BYTES - this.used;
    if (chunk.length > room) this.cut = true;
    this.bytes.set(chunk.subarray(0, room), this.used);
    this.used += Math.min(room, chunk.length);
  }

  take(): string {
    // `stream: true` leaves out a character that the cap has cut in two; other invalid bytes become U+FFFD.
    const text = new TextDecoder('utf-8').decode(this.bytes.subarray(0, this.used), { stream: this.cut });
    const line = printable(text) + (this.cut ? '…' : '');
    this.used = 0;
    this.cut = false;
    return line;
  }
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Collects the lines of stdout and stderr in the order in which they are completed. Blank lines are left out. */
export class OutputLines {
  private readonly streams = { stdout: new Pending(), stderr: new Pending() };
  private readonly last: string[] = [];
  private shown = 0;
  private readonly onLine: ((line: string) => void) | undefined;
  private readonly swallow: ((line: string, stream: 'stdout' | 'stderr') => boolean) | undefined;

  /**
   * @param onLine gets every line as it comes, up to LINES_SHOWN
   * @param swallow asked about every line first; true keeps it from `onLine` and from the tail
   */
  constructor(
    onLine?: (line: string) => void,
    swallow?: (line: string, stream: 'stdout' | 'stderr') => boolean,
  ) {
    this.onLine = onLine;
    this.swallow = swallow;
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    return [...this.last];
  }

  push(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    const pending = this.streams[stream];
    let start = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index];
      // A carriage return ends a line too: progress bars redraw with it, and their last state is worth a line.
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) continue;
      pending.add(chunk.subarray(start, index));
      this.complete(stream);
      start = index + 1;
    }
    pending.add(chunk.subarray(start));
  }

  /** Completes the lines that had no line end. */
  end(): void {
    this.complete('stdout');
    this.complete('stderr');
  }

  /** Adds a line of our own, e.g. why the command was stopped. */
  note(line: string): void {
    this.keep(printable(line));
  }

  private complete(stream: 'stdout' | 'stderr'): void {
    const line = this.streams[stream].take();
    if (line === '' || this.swallow?.(line, stream) === true) return;
    this.keep(line);
  }

  private keep(line: string): void {
    this.last.push(line);
    if (this.last.length > TAIL_LINES) this.last.shift();
    this.shown += 1;
    if (this.shown <= LINES_SHOWN) this.hand(line);
    else if (this.shown === LINES_SHOWN + 1)
      this.hand(`… more than ${LINES_SHOWN} lines: the rest is not shown`);
  }

  private hand(line: string): void {
    try {
      this.onLine?.(line);
    } catch {
      // A listener that fails must not take down the command it listens to: this runs in a stream's event.
    }
  }
}
