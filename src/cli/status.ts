/** `understudy status`: how things stand, from the state and, where that can't be believed, from DNS itself. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export interface StatusOptions extends CommonOptions {
  readonly dns?: boolean;
}

export const status: CommandModule = {
  register(parent, run) {
    parent
      .command('status')
      .description('how things stand; works when everything else is down')
      .argument('[service]', 'only this one')
      .option('--dns', 'ask the name servers too; done anyway when the record is stale or the state unusable')
      .option('--json', 'one JSON object on stdout: the document of /status.json, with more')
      .addHelpText(
        'after',
        `
It looks at the state and changes nothing. The name servers are asked without credentials, for two seconds at most.
When the state can't be used it shows what DNS says and ends with 8.

Examples:
  understudy status
  understudy status web --dns
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { showStatus } = await import('./actions/status.ts');
          return showStatus(io, service, command.optsWithGlobals<StatusOptions>());
        }),
      );
  },
};
