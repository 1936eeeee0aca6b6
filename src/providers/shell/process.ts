/**
 * One child process in a process group of its own, so that a time limit ends everything it has started and not
 * only the first process: a promotion script that left a `pg_basebackup` behind would go on writing to a
 * standby that the next run is already working on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Environment, plainEnvironment } from './environment.ts';

/** From SIGTERM to SIGKILL, ms. */
export const GRACE_MS = 2_000;
/** After the process has gone: its pipes may be held open by something it left behind; wait for silence so long, ms. */
const QUIET_MS = 500;
const POLL_MS = 50;
/** setTimeout takes no more than 31 bits; a longer delay would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export interface Ended {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  /** Why we stopped it, or null when it ended by itself. */
  readonly stopped: 'limit' | 'abort' | null;
}

export interface ProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  /** Our own environment; only what `plainEnvironment` lets through is handed on. */
  readonly parentEnv: Environment;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Keep a pipe to its stdin open until it has ended; else stdin is /dev/null. */
  readonly holdStdin: boolean;
  readonly onChunk: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
}

export interface Started {
  /** Rejects with Node's error (ENOENT, E2BIG …) when it could not be started. Never rejects afterwards. */
  readonly ended: Promise<Ended>;
  /** Its work is known to be over: what is still there after `GRACE_MS` is stopped, and nothing counts as stopped by us any more. */
  release(): void;
}

function signalGroup(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false; // ESRCH: the group is empty
  }
}

/** Resolves when the group is empty, or after `GRACE_MS` when SIGKILL was sent to what is left of it. */
async function emptyGroup(pid: number): Promise<void> {
  for (let waited = 0; waited < GRACE_MS; waited += POLL_MS) {
    if (!signalGroup(pid, 0)) return;
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
  signalGroup(pid, 'SIGKILL');
}

/** Starts it; see `ProcessOptions` and `Started`. */
export function startProcess(options: ProcessOptions): Started {
  try {
    const child = spawn(options.file, [...options.args], {
      detached: true,
      env: plainEnvironment(options.parentEnv),
      stdio: [options.holdStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    return watch(child, options);
  } catch (error) {
    // Some failures (E2BIG) are thrown, others (ENOENT) come as an event: callers get one form.
    return { ended: Promise.reject(error), release: () => {} };
  }
}

function watch(child: ChildProcess, options: ProcessOptions): Started {
  const { pid } = child;
  let stopped: Ended['stopped'] = null;
  let emptied: Promise<void> | null = null;
  let releasing: NodeJS.Timeout | undefined;

  const stop = (why: Ended['stopped']): void => {
    if (pid === undefined || emptied !== null) return;
    stopped = releasing === undefined ? why : null;
    child.stdin?.destroy();
    signalGroup(pid, 'SIGTERM');
    emptied = emptyGroup(pid);
  };
  const onAbort = (): void => stop('abort');
  const limit = setTimeout(() => stop('limit'), Math.min(options.limitMs, LONGEST_MS));

  const ended = new Promise<Ended>((resolve, reject) => {
    readOutput(child, options.onChunk);
    child.stdin?.on('error', () => {}); // EPIPE when it ends first
    child.once('error', reject);
    child.once('close', status => {
      const whenEmpty = emptied ?? Promise.resolve();
      void whenEmpty.then(() => resolve({ status, stopped }));
    });
    if (options.signal.aborted) onAbort();
    else options.signal.addEventListener('abort', onAbort, { once: true });
  }).finally(() => {
    clearTimeout(limit);
    clearTimeout(releasing);
    options.signal.removeEventListener('abort', onAbort);
    child.stdin?.destroy();
  });

  return {
    ended,
    release: () => {
      clearTimeout(limit);
      releasing ??= setTimeout(() => stop(null), GRACE_MS);
    },
  };
}

/** Hands on what it writes; once it has exited, only until its pipes have been silent for QUIET_MS. */
function readOutput(child: ChildProcess, onChunk: ProcessOptions['onChunk']): void {
  let exited = false;
  let quiet: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, QUIET_MS);
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => {
      if (exited) wait();
      onChunk(stream, chunk);
    });
    child[stream]?.on('error', () => {});
  }
  child.once('exit', () => {
    exited = true;
    wait();
  });
  child.once('close', () => clearTimeout(quiet));
}
