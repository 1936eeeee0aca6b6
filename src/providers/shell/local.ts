/**
 * Runs commands on this machine: for a standby that *is* this machine, and for people who reach theirs with a tool
 * of their own. If understudy itself is killed the command goes on to its end; the post-check is asked first
 * on resume, so what it did is seen. (Over ssh the command ends with its caller: see ssh.ts.)
 */

import { ProviderError } from '../../ports/errors.ts';
import type { CommandResult, Promoter } from '../../ports/providers.ts';
import type { Environment } from './environment.ts';
import { OutputLines } from './output.ts';
import { startProcess } from './process.ts';
import { commandWords } from './words.ts';

/** @returns what to tell of a command that was stopped; whether it counts as timed out */
export function stopNote(
  stopped: 'limit' | 'abort',
  limitMs: number,
  signal: AbortSignal,
): { readonly line: string; readonly timedOut: boolean } {
  if (stopped === 'limit')
    return { line: `understudy: stopped at its limit of ${limitMs} ms`, timedOut: true };
  const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return {
    line: `understudy: stopped, ${timedOut ? 'the step is out of time' : 'the run was aborted'}`,
    timedOut,
  };
}

/** @returns the error for a child process that could not be started at all */
export function startError(what: string, cause: unknown): ProviderError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new ProviderError({
    // Short of memory or processes passes; a missing program or too long a command does not.
    code: code === 'EAGAIN' || code === 'ENOMEM' ? 'provider-failed' : 'provider-rejected',
    message: `${what} could not be started here (${code})`,
    retriable: code === 'EAGAIN' || code === 'ENOMEM',
    next:
      code === 'ENOENT'
        ? `install ${what} on this machine`
        : 'look at the memory and process limits of this machine',
    cause,
  });
}

/** @throws ProviderError `provider-timeout`, nothing was done, when the signal has fired already */
export function refuseAborted(signal: AbortSignal, what: string): void {
  if (!signal.aborted) return;
  throw new ProviderError({
    code: 'provider-timeout',
    message: `${what}: no time was left to start it`,
    retriable: true,
  });
}

export interface LocalOptions {
  /** Our own environment, of which commands get the plain part (environment.ts); default that of the process. */
  readonly parentEnv?: Environment;
}

/** The promoter for `shell: local`. */
export function createLocalPromoter({ parentEnv = process.env }: LocalOptions = {}): Promoter {
  return {
    kind: 'local',
    async run(shell, command, options): Promise<CommandResult> {
      if (shell.kind !== 'local')
        throw new ProviderError({
          code: 'provider-rejected',
          message: `a local promoter was given a ${shell.kind} site`,
        });
      const [file = 'env', ...args] = commandWords(command, options.env);
      refuseAborted(options.signal, `"${command.argv[0]}"`);
      const lines = new OutputLines(options.onOutput);
      const { signal } = options;
      const { limitMs } = command;
      const { ended } = startProcess({
        file,
        args,
        parentEnv,
        limitMs,
        signal,
        holdStdin: false,
        onChunk: (stream, chunk) => lines.push(stream, chunk),
      });
      const end = await ended.catch((cause: unknown) => {
        throw startError(`"${command.argv[0]}"`, cause);
      });
      lines.end();
      if (end.stopped === null) return { status: end.status, timedOut: false, tail: lines.tail };
      const note = stopNote(end.stopped, limitMs, signal);
      lines.note(note.line);
      return { status: null, timedOut: note.timedOut, tail: lines.tail };
    },
  };
}
