/** `understudy rules`: the judge's table, the gate's table, and what each class calls for. Needs no config. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import { EXIT } from './exit-codes.ts';

export const rules: CommandModule = {
  register(parent, run) {
    parent
      .command('rules')
      .description('print the tables by which it judges, plans and lets through')
      .option('--json', 'one JSON object on stdout')
      .addHelpText('after', '\nExamples:\n  understudy rules\n  understudy rules --json\n')
      .action(
        run(async (io, _options: unknown, command: Command) => {
          const { rulesData, rulesText } = await import('./render/rules.ts');
          const { json } = command.optsWithGlobals<{ readonly json?: boolean }>();
          io.out(json === true ? `${JSON.stringify(rulesData())}\n` : rulesText(io.isTerminal));
          return EXIT.ok;
        }),
      );
  },
};
