/** `understudy history`: what happened and who did what, newest last; or one run to its last line. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export interface HistoryOptions extends CommonOptions {
  readonly limit: string;
  readonly run?: string;
}

export const history: CommandModule = {
  register(parent, run) {
    parent
      .command('history')
      .description('runs with their steps and receipts, incidents, and what people did')
      .argument('[service]', 'only this one')
      .option('--limit <number>', 'the newest so many', '20')
      .option('--run <id>', 'one run whole: every step, what it printed, how it was confirmed')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
Examples:
  understudy history web --limit 5
  understudy history --run r-7k2m9q4x1d3f
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { showHistory } = await import('./actions/history.ts');
          return showHistory(io, service, command.optsWithGlobals<HistoryOptions>());
        }),
      );
  },
};
