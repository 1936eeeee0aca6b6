/** `failover` and `switchover` in words: what was typed → the plan → are you sure → just what was shown → how it ended. */
import type { Composition } from '../../compose.ts';
import type { Override } from '../../model/plan.ts';
import type { Service } from '../../model/service.ts';
import { carryMove, draftMove } from '../../orders/move.ts';
import type { Request } from '../../plan/view.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, pickService, UsageError } from '../io.ts';
import { exitOfReport, reportData, reportLine } from '../outcome.ts';
import { progressWatcher } from '../progress.ts';
import { notDoneText, planData, planText } from '../render/plan.ts';
import { loadConfig, withProgram } from '../session.ts';
import { unsure, wordsOf } from './person.ts';

export interface MoveOptions extends CommonOptions {
  readonly to?: string;
  readonly reason?: string;
  readonly operator?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly allowDataLoss?: boolean;
  readonly skipFence?: boolean;
  readonly modeAct?: boolean;
}

function overridesOf(options: MoveOptions): readonly Override[] {
  const overrides: Override[] = [];
  if (options.allowDataLoss === true) overrides.push('allow-data-loss');
  if (options.skipFence === true) overrides.push('skip-fence');
  if (options.modeAct === true) overrides.push('mode-act');
  return overrides;
}

/** @throws UsageError */
function requestOf(
  io: Io,
  kind: Request['kind'],
  service: Service,
  reason: string,
  options: MoveOptions,
): Request {
  if (options.to !== undefined && !service.sites.some(site => site.name === options.to)) {
    const known = service.sites.map(site => site.name).join(', ');
    throw new UsageError(`there is no site "${options.to}" in ${service.name}; there are: ${known}`);
  }
  return {
    kind,
    to: options.to ?? null,
    overrides: overridesOf(options),
    operator: wordsOf('--operator', options.operator ?? io.user, 'say who, it is kept in the audit'),
    reason,
  };
}

export async function move(
  io: Io,
  kind: Request['kind'],
  name: string | undefined,
  options: MoveOptions,
): Promise<ExitCode> {
  const reason =
    options.dryRun === true
      ? 'dry run'
      : wordsOf('--reason', options.reason, 'say why, it is kept in the audit');
  const settings = await loadConfig(io, options.config, { quiet: options.json === true });
  const service = pickService(settings, name);
  const request = requestOf(io, kind, service, reason, options);
  const watcher = progressWatcher(io, options.json !== true);
  return withProgram(settings, { stop: io.stop, keep: 'always', watcher }, program =>
    perform(io, program, service, request, options),
  );
}

async function perform(
  io: Io,
  program: Composition,
  service: Service,
  request: Request,
  options: MoveOptions,
): Promise<ExitCode> {
  const drafted = await draftMove(program, service, request);
  const { plan, standing } = drafted.assessment;
  if (plan === null || standing !== null || options.dryRun === true) {
    const data = plan === null ? null : planData(plan, service, drafted.assessment);
    io.out(
      options.json === true
        ? `${JSON.stringify({ plan: data, standing, run: null })}\n`
        : notDoneText(plan, service, drafted.assessment),
    );
    return standing === null ? EXIT.ok : EXIT.refused;
  }
  if (options.json !== true) io.out(planText(plan, service, drafted.assessment));
  const refused = await unsure(io, options.yes, `Carry out this ${request.kind} of ${service.name}?`);
  if (refused !== null) return refused;
  const report = await carryMove(program, drafted, plan, request);
  const data = { plan: plan.id, ...reportData(report) };
  io.out(options.json === true ? `${JSON.stringify(data)}\n` : `${reportLine(report)}\n`);
  return exitOfReport(report);
}
