/** `understudy export`: the recorded evidence of one service as a trace, for `understudy replay`. */
import type { Command } from 'commander';
import type { ExportOptions } from './actions/export.ts';
import type { CommandModule } from './command.ts';

export const exportCommand: CommandModule = {
  register(parent, run) {
    parent
      .command('export')
      .description('write the recorded evidence of a service as a trace, for replay')
      .argument('[service]', 'needed when the config has several')
      .option('--since <span>', 'how far back, such as 12h or 30d; 45 days are kept', '30d')
      .option('--output <file>', 'written whole or not at all, readable by you only; else to stdout')
      .addHelpText(
        'after',
        `
A trace holds what was seen (samples, references, hoster, zone, age of the data) and the runs that were made. There
are no secrets, commands or names of people in it; there are addresses, and the words that servers answered with.
What a daemon has seen in its last minute is not stored yet.

Examples:
  understudy export web --since 30d --output web.jsonl
  understudy export web | gzip > web.jsonl.gz
  gunzip -c web.jsonl.gz | understudy replay -
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { exportTrace } = await import('./actions/export.ts');
          return exportTrace(io, service, command.optsWithGlobals<ExportOptions>());
        }),
      );
  },
};
