/** Runs understudy itself as a user would: a process of its own, the config's path and the secrets by environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  /** How this program is started: argv up to the words of the command. */
  readonly self: readonly string[];
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with each line of stderr: the progress. */
  readonly onLine?: (line: string) => void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** A demo that hangs is worse than one that fails: every child is killed after this, ms. */
const LIMIT_MS = 120_000;

export function startChild(options: ChildOptions): Child {
  const [program = '', ...first] = options.self;
  const child: ChildProcess = spawn(program, [...first, ...options.words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env,
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', line => {
      stderr += `${line}\n`;
      options.onLine?.(line);
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { pid: child.pid ?? 0, ended, kill: signal => void child.kill(signal) };
}
