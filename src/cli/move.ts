/** `understudy failover` and `switchover`: a person's order; same gate, same executor, recorded with name and reason. */
import type { Command } from 'commander';
import type { Override } from '../model/plan.ts';
import type { Request } from '../plan/view.ts';
import type { Order } from '../reconcile/assess.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type CommonOptions, type Io, pickService, UsageError } from './io.ts';
import { exitOfReport, reportData, reportLine } from './outcome.ts';
import type { CommandModule, Runner } from './program.ts';
import { progressWatcher } from './progress.ts';
import { loadConfig, withProgram } from './session.ts';

interface MoveOptions extends CommonOptions {
  readonly to?: string;
  readonly reason?: string;
  readonly operator?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly allowDataLoss?: boolean;
  readonly skipFence?: boolean;
  readonly modeAct?: boolean;
}

export const failover: CommandModule = {
  register: (parent, run) =>
    register(parent, run, 'failover', {
      description: 'move a service to a standby; the active site is presumed gone and is fenced',
      examples: `
  understudy failover web --reason "hel1 is locked, ticket 4711"
  understudy failover web --to fsn1 --dry-run
  understudy failover web --skip-fence --reason "pulled the plug myself" --yes`,
    }),
};

export const switchover: CommandModule = {
  register: (parent, run) =>
    register(parent, run, 'switchover', {
      description: 'move a service to a standby in order: the active site hands over, nothing is lost',
      examples: `
  understudy switchover web --to hel1 --reason "back home after the lock"
  understudy switchover web --dry-run`,
    }),
};

function register(
  parent: Command,
  run: Runner,
  kind: Request['kind'],
  texts: { readonly description: string; readonly examples: string },
): void {
  parent
    .command(kind)
    .description(texts.description)
    .argument('[service]', 'needed when the config has several')
    .option('--to <site>', 'the target; else the first viable in the order of the config')
    .option('--reason <text>', 'why; kept in the audit')
    .option('--operator <name>', 'who; default: the user at the keyboard')
    .option('-y, --yes', 'do not ask')
    .option('-n, --dry-run', 'show the plan and what the gate says; change nothing')
    .option('--allow-data-loss', 'take a standby whose data is too old or of unknown age')
    .option('--skip-fence', 'promote although the old site is not fenced: it may go on writing')
    .option('--mode-act', 'act this once although the config does not say mode: act')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `\nOverrides count once and stand in the audit with name and reason.\n\nExamples:${texts.examples}\n`,
    )
    .action(
      run(async (io, service: string | undefined, _options: unknown, command: Command) =>
        move(io, kind, service, command.optsWithGlobals<MoveOptions>()),
      ),
    );
}

function overridesOf(options: MoveOptions): readonly Override[] {
  const overrides: Override[] = [];
  if (options.allowDataLoss === true) overrides.push('allow-data-loss');
  if (options.skipFence === true) overrides.push('skip-fence');
  if (options.modeAct === true) overrides.push('mode-act');
  return overrides;
}

async function move(
  io: Io,
  kind: Request['kind'],
  name: string | undefined,
  options: MoveOptions,
): Promise<ExitCode> {
  if (options.dryRun !== true && (options.reason ?? '').trim() === '') {
    throw new UsageError(`--reason is needed: say why, it is kept in the audit`);
  }
  const settings = await loadConfig(io, options.config);
  const service = pickService(settings, name);
  if (options.to !== undefined && !service.sites.some(site => site.name === options.to)) {
    throw new UsageError(
      `there is no site "${options.to}" in ${service.name}; there are: ${service.sites.map(site => site.name).join(', ')}`,
    );
  }
  const request: Request = {
    kind,
    to: options.to ?? null,
    overrides: overridesOf(options),
    operator: options.operator ?? io.user,
    reason: options.reason ?? 'dry run',
  };
  const order: Order = { request, approved: null };
  const watcher = progressWatcher(io, options.json !== true);
  return withProgram(settings, { stop: io.stop, keep: 'always', watcher }, async program => {
    const { carry, draft, planData, planText } = await import('./order.ts');
    const drafted = await draft(program, service, order);
    const { plan, standing } = drafted.assessment;
    if (plan === null || standing !== null || options.dryRun === true) {
      const text = plan === null ? '' : planText(plan, service, drafted.assessment);
      const data = plan === null ? null : planData(plan, service, drafted.assessment);
      const why = standing === null ? '' : `not done: ${standing.detail}\n`;
      io.out(
        options.json === true ? `${JSON.stringify({ plan: data, standing, run: null })}\n` : `${text}${why}`,
      );
      return standing === null ? EXIT.ok : EXIT.refused;
    }
    if (options.json !== true) io.out(planText(plan, service, drafted.assessment));
    const sure = options.yes === true ? true : await io.confirm(`Carry out this ${kind} of ${service.name}?`);
    if (sure !== true) {
      io.err(
        sure === null ? 'understudy: nobody to ask; give --yes to carry it out\n' : 'understudy: not done\n',
      );
      return EXIT.declined;
    }
    const report = await carry(program, drafted, order, {
      operator: request.operator,
      action: kind,
      service: service.name,
      reason: request.reason,
      overrides: request.overrides,
      detail: `to ${plan.to}`,
    });
    io.out(
      options.json === true
        ? `${JSON.stringify({ plan: plan.id, ...reportData(report) })}\n`
        : `${reportLine(report)}\n`,
    );
    return exitOfReport(report);
  });
}
