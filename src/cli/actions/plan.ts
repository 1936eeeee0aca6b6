/** `plan`: drafts and shows, changing nothing. */
import { draftMove } from '../../orders/move.ts';
import type { Request } from '../../plan/view.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type CommonOptions, type Io, pickService, UsageError } from '../io.ts';
import { noPlanText, planData, planText } from '../render/plan.ts';
import { loadConfig, withProgram } from '../session.ts';

export interface PlanOptions extends CommonOptions {
  readonly to?: string;
  readonly kind: string;
}

const KINDS = ['auto', 'failover', 'switchover'];

export async function showPlan(io: Io, name: string | undefined, options: PlanOptions): Promise<ExitCode> {
  if (!KINDS.includes(options.kind))
    throw new UsageError(`--kind is one of ${KINDS.join(', ')}, not "${options.kind}"`);
  const settings = await loadConfig(io, options.config, { quiet: options.json === true });
  const service = pickService(settings, name);
  const request: Request | null =
    options.kind === 'auto'
      ? null
      : {
          kind: options.kind === 'switchover' ? 'switchover' : 'failover',
          to: options.to ?? null,
          overrides: [],
          operator: io.user,
          reason: 'a plan to look at',
        };
  return withProgram(settings, { stop: io.stop, keep: 'always' }, async program => {
    const { assessment } = await draftMove(program, service, request);
    const { plan: drafted, standing } = assessment;
    if (options.json === true) {
      const data = drafted === null ? null : planData(drafted, service, assessment);
      io.out(`${JSON.stringify({ plan: data, standing })}\n`);
    } else {
      if (drafted !== null) io.out(planText(drafted, service, assessment));
      else io.out(noPlanText(service.name, assessment));
    }
    return standing === null || standing.code === 'nothing-to-do' ? EXIT.ok : EXIT.refused;
  });
}
