/** `understudy ack`: a person has seen it. Lifts the block window, or accepts that DNS has gone back to an older epoch. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export interface AckOptions extends CommonOptions {
  readonly reason?: string;
  readonly operator?: string;
  readonly acceptEpoch?: boolean;
  readonly yes?: boolean;
}

export const ack: CommandModule = {
  register(parent, run) {
    parent
      .command('ack')
      .description('lift the block window: automatic switching is allowed again at once')
      .argument('[service]', 'needed when the config has several')
      .option('--reason <text>', 'what you have seen; kept in the audit')
      .option('--operator <name>', 'who; default: the user at the keyboard')
      .option(
        '--accept-epoch',
        'instead: accept the epoch that DNS shows now, although a higher one was seen',
      )
      .option('-y, --yes', 'do not ask')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
After a run no second automatic one begins inside the block window, so that a fault that moves along is not followed
from site to site. ROLLED_BACK is another matter: the DNS provider lost changes. Find out which site really serves,
stop every other runner, then --accept-epoch.

Examples:
  understudy ack web --reason "seen: hel1 was locked, all is well at fsn1"
  understudy ack web --accept-epoch --reason "provider restored the zone from 02:00, checked with dig"
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { acknowledge } = await import('./actions/ack.ts');
          return acknowledge(io, service, command.optsWithGlobals<AckOptions>());
        }),
      );
  },
};
