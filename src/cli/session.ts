/** Loads the config and opens the store for one command, and closes both after it. */
import type { Composition } from '../compose.ts';
import type { Settings } from '../model/service.ts';
import type { Io } from './io.ts';

export interface LoadConfig {
  /** True: for commands that only look; they must work in a shell that has not been given the secrets. */
  readonly leaveOutSecrets?: boolean;
  /** True: warnings are not shown (cron would mail them every minute; `config check` shows them). */
  readonly quiet?: boolean;
}

/**
 * @returns the validated settings; warnings go to stderr, one line each
 * @throws ConfigError
 */
export async function loadConfig(io: Io, file: string, options: LoadConfig = {}): Promise<Settings> {
  const { loadSettings } = await import('../config/load.ts');
  const { settings, warnings } = await loadSettings({
    file,
    readFile: io.readFile,
    env: io.env,
    hostname: io.hostname,
    ...(options.leaveOutSecrets === true ? { leaveOutSecrets: true } : {}),
  });
  if (options.quiet !== true && warnings.length > 0) {
    const { explainProblem } = await import('../config/problem.ts');
    for (const warning of warnings) io.err(`${explainProblem(warning)}\n`);
  }
  return settings;
}

export type ComposeOptions = Parameters<(typeof import('../compose.ts'))['compose']>[1];

/** Runs `use` with a composed program and closes it whatever happens. */
export async function withProgram<T>(
  settings: Settings,
  options: ComposeOptions,
  use: (program: Composition) => Promise<T>,
): Promise<T> {
  const { compose } = await import('../compose.ts');
  const program = await compose(settings, options);
  try {
    return await use(program);
  } finally {
    await program.close();
  }
}
