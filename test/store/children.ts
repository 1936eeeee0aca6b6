/** Store work in processes of their own: what is killed, starved or raced can't be this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** Resolves when it has printed so many lines; rejects when it ends before. */
  printed(count: number): Promise<void>;
  /** Resolves with everything it printed once it has ended. */
  ended(): Promise<{ readonly lines: readonly string[]; readonly status: number | null }>;
}

const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs child.ts.
 * @param wrapper argv put before node's own, such as `sh -c 'ulimit …; exec "$@"' sh`
 */
export function runChild(task: string, args: readonly string[], wrapper: readonly string[] = []): Child {
  const argv = [...wrapper, process.execPath, '--import', 'tsx', SCRIPT, task, ...args];
  const child = spawn(argv[0] ?? process.execPath, argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const exit = once(child, 'close').then(([status]: (number | null)[]) => {
    running.delete(child);
    return status ?? null;
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', line => lines.push(line));
  return {
    process: child,
    printed: count =>
      new Promise((resolve, reject) => {
        const look = () => lines.length >= count && resolve();
        reader.on('line', look);
        reader.once('close', () => reject(new Error(`it ended after: ${lines.slice(-3).join(', ')}`)));
        look();
      }),
    ended: async () => ({ status: await exit, lines }),
  };
}
