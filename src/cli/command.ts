/** The shape of a command: words here, work in actions/, so that `tick` does not load what it does not need. */
import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** What a command file exports. `register` adds the command; its action resolves to the exit code. */
export interface CommandModule {
  register(parent: Command, run: Runner): void;
}

/** Wraps an action: its exit code is kept, what it throws is rendered. */
export type Runner = <A extends unknown[]>(
  action: (io: Io, ...args: A) => Promise<ExitCode>,
) => (...args: A) => Promise<void>;
