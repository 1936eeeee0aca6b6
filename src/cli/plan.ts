/** `understudy plan`: exactly what would be done now, its hash, and the worst-case recovery time. Changes nothing. */
import type { Command } from 'commander';
import type { PlanOptions } from './actions/plan.ts';
import type { CommandModule } from './command.ts';

export const plan: CommandModule = {
  register(parent, run) {
    parent
      .command('plan')
      .description('show what would be done now, changing nothing')
      .argument('[service]', 'needed when the config has several')
      .option('--kind <kind>', 'auto, failover or switchover; auto is what the verdict calls for', 'failover')
      .option('--to <site>', 'the target; else the first viable in the order of the config')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
The worst case adds up: until detection (interval, thresholds, time-outs), the time limits of all steps up to the
flip, and the TTL. It ends with 4 when there is no plan or the gate would refuse it.

Examples:
  understudy plan web
  understudy plan web --kind switchover --to fsn1
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) =>
          (await import('./actions/plan.ts')).showPlan(io, service, command.optsWithGlobals<PlanOptions>()),
        ),
      );
  },
};
