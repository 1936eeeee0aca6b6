/** `understudy tick`: one look at every service and whatever follows from it; made for cron. */

import type { Command } from 'commander';
import type { Settings } from '../model/service.ts';
import type { CommandModule } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type CommonOptions, type Io, UsageError } from './io.ts';
import { exitOfReport, reportData, reportLine } from './outcome.ts';
import { progressWatcher } from './progress.ts';
import { loadConfig, withProgram } from './session.ts';

interface TickOptions extends CommonOptions {
  readonly quiet?: boolean;
  readonly budget: string;
}

export const tick: CommandModule = {
  register(parent, run) {
    parent
      .command('tick')
      .description('look at every service once and do what is called for (for cron)')
      .option('-q, --quiet', 'print nothing while all is well')
      .option('--budget <seconds>', 'start no new look after this; a run under way is finished', '50')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
On the first failed sample it does not wait for the next cron run: it looks again at the faster pace and asks the
hoster, until the thresholds of the config are reached or the site answers. Two ticks at once: one works, the
other says so and ends with 0.

Examples:
  understudy tick
  * * * * *  understudy  understudy tick --quiet  (a line for /etc/cron.d/understudy; see infra/ for the secrets)
`,
      )
      .action(
        run(async (io, _options: unknown, command: Command) =>
          tickCommand(io, command.optsWithGlobals<TickOptions>()),
        ),
      );
  },
};

async function tickCommand(io: Io, options: TickOptions): Promise<ExitCode> {
  const budgetMs = budgetOf(options.budget);
  const { tickAll } = await import('../reconcile/tick.ts');
  const settings: Settings = await loadConfig(io, options.config, {
    quiet: options.quiet === true || options.json === true,
  });
  const watcher = progressWatcher(io, options.quiet !== true);
  return withProgram(settings, { stop: io.stop, keep: 'always', watcher }, async program => {
    const result = await tickAll(program, budgetMs);
    if ('busy' in result) {
      const text = `another understudy is at work (${result.busy}); nothing to do`;
      if (options.json === true) io.out(`${JSON.stringify({ busy: result.busy, services: [] })}\n`);
      else if (options.quiet !== true) io.out(`${text}\n`);
      return EXIT.ok;
    }
    const { reports } = result;
    if (options.json === true)
      io.out(`${JSON.stringify({ busy: null, services: reports.map(reportData) })}\n`);
    else {
      for (const report of reports) {
        if (options.quiet === true && report.verdict.class === 'HEALTHY' && report.run === null) continue;
        io.out(`${reportLine(report)}\n`);
      }
    }
    return reports.map(exitOfReport).find(code => code !== EXIT.ok) ?? EXIT.ok;
  });
}

/** @returns ms @throws UsageError */
function budgetOf(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 1 && seconds <= 3600) return seconds * 1000;
  throw new UsageError(`--budget is a number of seconds from 1 to 3600, not "${text}"`);
}
