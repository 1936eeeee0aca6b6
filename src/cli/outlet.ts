/**
 * stdout as the commands see it. A disk that is full or a reader that went away is news for the person and never a reason
 * to leave a failover half done: the rest of the text is dropped, the command comes to its end, and the exit code tells.
 */
import { EXIT, type ExitCode } from './exit-codes.ts';

/** What is used of a writable stream. */
export interface Sink {
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would become too large',
  EBADF: 'stdout is closed',
  EIO: 'the device failed',
};

export interface Outlet {
  /** Never throws. Once a write has failed the rest goes nowhere. */
  readonly write: (text: string) => void;
  /** Fires when nothing can be written any more: what is done only to be told may end. */
  readonly unheard: AbortSignal;
  /** @returns the exit code of the program when the command ended with `code` */
  exitCode(code: ExitCode): ExitCode;
}

/**
 * @param err takes one line for a failure; a reader that went away (EPIPE, as of `history | head`) is passed over
 * @param onFailure called once; it may come after the command has ended, so the exit code must be asked for again
 */
export function createOutlet(sink: Sink, err: (text: string) => void, onFailure: () => void): Outlet {
  const unheard = new AbortController();
  let isFault = false;
  sink.on('error', ({ code = 'unknown' }) => {
    if (unheard.signal.aborted) return;
    unheard.abort(new DOMException('stdout cannot be written', 'AbortError'));
    isFault = code !== 'EPIPE';
    if (isFault) err(`understudy: stdout cannot be written: ${WHY[code] ?? `the system says ${code}`}\n`);
    onFailure();
  });
  return {
    write: text => {
      if (!unheard.signal.aborted) sink.write(text);
    },
    unheard: unheard.signal,
    // What went wrong in the world outweighs that it could not be told.
    exitCode: code => (isFault && (code === EXIT.ok || code === EXIT.declined) ? EXIT.unwritten : code),
  };
}
