/** `understudy why`: the last decision explained: rules with values, probes, gate rows, what stands against acting. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export const why: CommandModule = {
  register(parent, run) {
    parent
      .command('why')
      .description('explain the last decision: each rule and gate with value and threshold')
      .argument('[service]', 'needed when the config has several')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
It reads what was stored with the decision, so it explains the look that was taken then, not a new one.

Examples:
  understudy why
  understudy why web --json
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { explainDecision } = await import('./actions/why.ts');
          return explainDecision(io, service, command.optsWithGlobals<CommonOptions>());
        }),
      );
  },
};
