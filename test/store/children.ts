/** Store work in processes of their own: what is killed, starved or raced can't be this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** Lines of its stdout as they come. */
  readonly lines: AsyncIterableIterator<string>;
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
  const seen: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', line => seen.push(line));
  return {
    process: child,
    lines: reader[Symbol.asyncIterator]() as AsyncIterableIterator<string>,
    ended: async () => ({ status: await exit, lines: seen }),
  };
}
