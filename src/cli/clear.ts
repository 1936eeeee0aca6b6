/** `understudy clear SERVICE SITE`: a person vouches for a site that was failed over from, so that it may serve again. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export interface ClearOptions extends CommonOptions {
  readonly reason?: string;
  readonly operator?: string;
  readonly yes?: boolean;
}

export const clear: CommandModule = {
  register(parent, run) {
    parent
      .command('clear')
      .description('take a site out of quarantine: it may be switched to again')
      .argument('<service>')
      .argument('<site>', 'as `understudy status` shows it')
      .option('--reason <text>', 'what was the cause and how it was contained; kept in the audit')
      .option('--operator <name>', 'who; default: the user at the keyboard')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
A site that was failed over from stays out, however well it looks: what got it locked may still run on it, and its
data is older than what was written since. This moves nothing; \`understudy switchover\` does.

Examples:
  understudy clear web hel1 --reason "container build-7 removed, unlocked by the hoster, replica caught up"
`,
      )
      .action(
        run(async (io, service: string, site: string, _options: unknown, command: Command) => {
          const { clearQuarantine } = await import('./actions/clear.ts');
          return clearQuarantine(io, service, site, command.optsWithGlobals<ClearOptions>());
        }),
      );
  },
};
