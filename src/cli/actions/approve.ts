/** `approve`: the stored plan is gated anew and run to the byte as it was drafted. */
import type { Settings } from '../../model/service.ts';
import type { Order } from '../../reconcile/assess.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, UsageError } from '../io.ts';
import { exitOfReport, reportData, reportLine } from '../outcome.ts';
import { progressWatcher } from '../progress.ts';
import { loadConfig, withProgram } from '../session.ts';
import { carry, draft, planText } from './order.ts';
import { unsure, wordsOf } from './person.ts';

export interface ApproveOptions extends CommonOptions {
  readonly reason?: string;
  readonly operator?: string;
  readonly yes?: boolean;
  readonly modeAct?: boolean;
}

export async function approvePlan(io: Io, id: string, options: ApproveOptions): Promise<ExitCode> {
  const loaded = await loadConfig(io, options.config, { quiet: options.json === true });
  // The plan is fixed to the byte, so the override cannot stand in it: it stands in the audit.
  const settings: Settings = options.modeAct === true ? { ...loaded, mode: 'act' } : loaded;
  const watcher = progressWatcher(io, options.json !== true);
  return withProgram(settings, { stop: io.stop, keep: 'always', watcher }, async program => {
    const stored = await program.store.plan(id);
    if (stored === null)
      throw new UsageError(`there is no plan "${id}"; \`understudy status\` shows those that wait`);
    if (stored.status !== 'proposed') throw new UsageError(`plan ${id} is ${stored.status} already`);
    const service = settings.services.find(entry => entry.name === stored.plan.service);
    if (service === undefined)
      throw new UsageError(`the config has no service "${stored.plan.service}" any more`);
    const operator = wordsOf('--operator', options.operator ?? io.user, 'say who, it is kept in the audit');
    const order: Order = { request: null, approved: { plan: stored.plan, by: operator } };
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
    const refused = await unsure(io, options.yes, `Carry out plan ${id}?`);
    if (refused !== null) return refused;
    const entry = {
      operator,
      action: 'approve',
      service: service.name,
      reason: wordsOf('--reason', options.reason ?? 'approved', 'say why, it is kept in the audit'),
      overrides: options.modeAct === true ? ['mode-act' as const] : [],
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
