/** `understudy plan`: exactly what would be done now, its hash, and the worst-case recovery time. Changes nothing. */
import type { Command } from 'commander';
import type { Request } from '../plan/view.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type CommonOptions, type Io, pickService, UsageError } from './io.ts';
import type { CommandModule } from './program.ts';
import { loadConfig, withProgram } from './session.ts';

interface PlanOptions extends CommonOptions {
  readonly to?: string;
  readonly kind: string;
}

const KINDS = ['auto', 'failover', 'switchover'];

export const plan: CommandModule = {
  register(parent, run) {
    parent
      .command('plan')
      .description('show what would be done now, changing nothing')
      .argument('[service]', 'needed when the config has several')
      .option('--kind <kind>', `${KINDS.join(', ')}: auto is what the verdict calls for`, 'failover')
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
          showPlan(io, service, command.optsWithGlobals<PlanOptions>()),
        ),
      );
  },
};

async function showPlan(io: Io, name: string | undefined, options: PlanOptions): Promise<ExitCode> {
  if (!KINDS.includes(options.kind))
    throw new UsageError(`--kind is one of ${KINDS.join(', ')}, not "${options.kind}"`);
  const settings = await loadConfig(io, options.config);
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
    const { draft, planData, planText } = await import('./order.ts');
    const { assessment } = await draft(program, service, { request, approved: null });
    const { plan: drafted, standing } = assessment;
    if (options.json === true) {
      const data = drafted === null ? null : planData(drafted, service, assessment);
      io.out(`${JSON.stringify({ plan: data, standing })}\n`);
    } else {
      if (drafted !== null) io.out(planText(drafted, service, assessment));
      else io.out(`no plan: ${standing?.detail ?? 'nothing to do'}\n`);
    }
    return standing === null || standing.code === 'nothing-to-do' ? EXIT.ok : EXIT.refused;
  });
}
