/** `approve` in words: what was typed → the plan as it is gated now → are you sure → the order → how it ended. */
import { carryApproval, draftApproval, findProposal } from '../../orders/approve.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, UsageError } from '../io.ts';
import { exitOfReport, reportData, reportLine } from '../outcome.ts';
import { progressWatcher } from '../progress.ts';
import { planText } from '../render/plan.ts';
import { loadConfig, withProgram } from '../session.ts';
import { refuse, unsure, wordsOf } from './person.ts';

export interface ApproveOptions extends CommonOptions {
  readonly reason?: string;
  readonly operator?: string;
  readonly yes?: boolean;
  readonly modeAct?: boolean;
}

export async function approvePlan(io: Io, id: string, options: ApproveOptions): Promise<ExitCode> {
  const settings = await loadConfig(io, options.config, { quiet: options.json === true });
  const watcher = progressWatcher(io, options.json !== true);
  return withProgram(settings, { stop: io.stop, keep: 'always', watcher }, async program => {
    const proposal = await findProposal(program, id);
    if ('refused' in proposal) throw new UsageError(proposal.refused.message);
    const { plan, service } = proposal;
    const approval = {
      operator: wordsOf('--operator', options.operator ?? io.user, 'say who, it is kept in the audit'),
      modeAct: options.modeAct === true,
    };
    const drafted = await draftApproval(program, proposal, approval);
    const { standing } = drafted.assessment;
    if (options.json !== true) io.out(planText(plan, service, drafted.assessment));
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
    const reason = wordsOf('--reason', options.reason ?? 'approved', 'say why, it is kept in the audit');
    const report = await carryApproval(program, proposal, drafted, { ...approval, reason });
    if ('refused' in report) return refuse(io, options.json, report.refused);
    io.out(
      options.json === true
        ? `${JSON.stringify({ plan: id, ...reportData(report) })}\n`
        : `${reportLine(report)}\n`,
    );
    return exitOfReport(report);
  });
}
