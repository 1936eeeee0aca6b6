/** `understudy config check` and `config schema`: is the config good, and what may stand in it. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { CommonOptions } from './io.ts';

export const config: CommandModule = {
  register(parent, run) {
    const group = parent.command('config').description('check the config, or print what may stand in it');
    group
      .command('check')
      .description('read the whole config and say everything that is wrong with it')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
Secrets are read, and never shown. It ends with 0 when the config is taken (warnings are shown) and with 3 when not.

Examples:
  understudy config check
  understudy --config ./understudy.yaml config check --json
`,
      )
      .action(
        run(async (io, _options: unknown, command: Command) => {
          const { checkConfig } = await import('./actions/config.ts');
          return checkConfig(io, command.optsWithGlobals<CommonOptions>());
        }),
      );
    group
      .command('schema')
      .description('every key, with what is allowed and its default')
      .option('--json', 'one JSON object on stdout')
      .addHelpText('after', '\nExamples:\n  understudy config schema | less\n')
      .action(
        run(async (io, _options: unknown, command: Command) => {
          const { configSchema, renderSchema } = await import('../config/schema.ts');
          const { json } = command.optsWithGlobals<{ readonly json?: boolean }>();
          const schema = configSchema();
          io.out(json === true ? `${JSON.stringify(schema)}\n` : renderSchema(schema));
          return EXIT.ok;
        }),
      );
  },
};
