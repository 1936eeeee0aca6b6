/** `understudy run`: the daemon; the same cycle as `tick`, on a schedule, with the clients kept warm. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { CommonOptions, Io } from './io.ts';
import { progressWatcher } from './progress.ts';
import { loadConfig, withProgram } from './session.ts';

interface RunOptions extends CommonOptions {
  readonly quiet?: boolean;
}

export const run: CommandModule = {
  register(parent, runner) {
    parent
      .command('run')
      .description('watch all services until stopped (the daemon)')
      .option('-q, --quiet', 'print only problems')
      .addHelpText(
        'after',
        `
SIGTERM ends it in order: a step under way is cut short, its run stays open and is resumed by the next start.

Examples:
  understudy run
  understudy --config ./understudy.yaml run --quiet
`,
      )
      .action(
        runner(async (io, _options: unknown, command: Command) =>
          daemon(io, command.optsWithGlobals<RunOptions>()),
        ),
      );
  },
};

async function daemon(io: Io, options: RunOptions): Promise<ExitCode> {
  const settings = await loadConfig(io, options.config);
  const watcher = progressWatcher(io, options.quiet !== true);
  return withProgram(settings, { stop: io.stop, keep: 'news', watcher }, async program => {
    const { watchAll } = await import('../reconcile/daemon.ts');
    io.err(
      `understudy: watching ${settings.services.map(service => service.name).join(', ')}, mode ${settings.mode}\n`,
    );
    const result = await watchAll(program);
    if (result !== null)
      io.err(`understudy: another understudy is at work (${result.busy}); nothing to do\n`);
    if (io.stop.aborted)
      io.err('understudy: stopped as asked; a run under way stays open and is resumed by the next start\n');
    return EXIT.ok;
  });
}
