/** `understudy approve PLAN`: a person says yes to a stored plan; it is gated anew and run to the byte as drafted. */
import type { Command } from 'commander';
import type { Order } from '../reconcile/assess.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type CommonOptions, type Io, UsageError } from './io.ts';
import { exitOfReport, reportData, reportLine } from './outcome.ts';
import type { CommandModule } from './program.ts';
import { progressWatcher } from './progress.ts';
import { loadConfig, withProgram } from './session.ts';

interface ApproveOptions extends CommonOptions {
  readonly reason?: string;
  readonly operator?: string;
  readonly yes?: boolean;
}

export const approve: CommandModule = {
  register(parent, run) {
    parent
      .command('approve')
      .description('carry out a proposed plan')
      .argument('<plan>', 'the id of the plan, as `understudy status` shows it')
      .option('--reason <text>', 'why; kept in the audit', 'approved')
      .option('--operator <name>', 'who; default: the user at the keyboard')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        '\nExamples:\n  understudy approve p-7k2m9q4x1d3f\n  understudy approve p-7k2m9q4x1d3f --yes --reason "seen the lock mail"\n',
      )
      .action(
        run(async (io, id: string, _options: unknown, command: Command) =>
          approvePlan(io, id, command.optsWithGlobals<ApproveOptions>()),
        ),
      );
  },
};

async function approvePlan(io: Io, id: string, options: ApproveOptions): Promise<ExitCode> {
  const settings = await loadConfig(io, options.config);
  const watcher = progressWatcher(io, options.json !== true);
  return withProgram(settings, { stop: io.stop, keep: 'always', watcher }, async program => {
    const stored = await program.store.plan(id);
    if (stored === null)
      throw new UsageError(`there is no plan "${id}"; \`understudy status\` shows those that wait`);
    if (stored.status !== 'proposed') throw new UsageError(`plan ${id} is ${stored.status} already`);
    const service = settings.services.find(entry => entry.name === stored.plan.service);
    if (service === undefined)
      throw new UsageError(`the config has no service "${stored.plan.service}" any more`);
    const operator = options.operator ?? io.user;
    const order: Order = { request: null, approved: { plan: stored.plan, by: operator } };
    const { carry, draft, planText } = await import('./order.ts');
    const drafted = await draft(program, service, order);
    const { standing } = drafted.assessment;
    if (options.json !== true) io.out(planText(stored.plan, service, drafted.assessment));
    if (standing !== null) {
      io.out(
        options.json === true
          ? `${JSON.stringify({ plan: id, standing, run: null })}\n`
          : `not done: ${standing.detail}\n`,
      );
      return EXIT.refused;
    }
    const sure = options.yes === true ? true : await io.confirm(`Carry out plan ${id}?`);
    if (sure !== true) {
      io.err(
        sure === null ? 'understudy: nobody to ask; give --yes to carry it out\n' : 'understudy: not done\n',
      );
      return EXIT.declined;
    }
    const entry = {
      operator,
      action: 'approve',
      service: service.name,
      reason: options.reason ?? 'approved',
      overrides: [],
      detail: `plan ${id}, hash ${stored.plan.hash}`,
    };
    const report = await carry(program, drafted, order, entry);
    io.out(
      options.json === true
        ? `${JSON.stringify({ plan: id, ...reportData(report) })}\n`
        : `${reportLine(report)}\n`,
    );
    return exitOfReport(report);
  });
}
