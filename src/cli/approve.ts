/** `understudy approve PLAN`: a person says yes to a stored plan; it is gated anew and run to the byte as drafted. */
import type { Command } from 'commander';
import type { ApproveOptions } from './actions/approve.ts';
import type { CommandModule } from './command.ts';

export const approve: CommandModule = {
  register(parent, run) {
    parent
      .command('approve')
      .description('carry out a proposed plan')
      .argument('<plan>', 'the id of the plan, as `understudy status` shows it')
      .option('--reason <text>', 'why; kept in the audit', 'approved')
      .option('--operator <name>', 'who; default: the user at the keyboard')
      .option('--mode-act', 'act this once although the config does not say mode: act')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        '\nExamples:\n  understudy approve p-7k2m9q4x1d3f\n  understudy approve p-7k2m9q4x1d3f --yes --reason "seen the lock mail"\n',
      )
      .action(
        run(async (io, id: string, _options: unknown, command: Command) =>
          (await import('./actions/approve.ts')).approvePlan(
            io,
            id,
            command.optsWithGlobals<ApproveOptions>(),
          ),
        ),
      );
  },
};
