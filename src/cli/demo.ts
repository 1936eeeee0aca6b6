/** `understudy demo`: the locked night in an embedded world, over the wire, with the production adapters. */
import type { Command } from 'commander';
import type { DemoResult } from '../sandbox/demo/demo.ts';
import type { CommandModule } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Io, UsageError } from './io.ts';

interface DemoOptions {
  readonly scenario: string;
  readonly json?: boolean;
}

export const demo: CommandModule = {
  register(parent, run) {
    parent
      .command('demo')
      .description('live a night through in an embedded world on this machine; touches nothing else')
      .option(
        '-s, --scenario <name>',
        'lock, crash, blackhole, lock-v6-only, blind, standby-down, sleeper, crash-midway, all',
        'lock',
      )
      .option('--json', 'the last line on stdout is one JSON object (one a scenario with `all`)')
      .addHelpText(
        'after',
        `
Sites, hoster API, DNS API and name server are real servers on loopback addresses; understudy runs as a process of
its own against them. Ends with 0 when every scenario ended as it must, else with 5.

Examples:
  understudy demo
  understudy demo --scenario all
  understudy demo --scenario blackhole --json
`,
      )
      .action(
        run(async (io, _options: unknown, command: Command) =>
          playDemo(io, command.optsWithGlobals<DemoOptions>()),
        ),
      );
  },
};

async function playDemo(io: Io, options: DemoOptions): Promise<ExitCode> {
  const { playScenario, SCENARIOS } = await import('../sandbox/demo/demo.ts');
  const { systemClock } = await import('../system/clock.ts');
  const names = options.scenario === 'all' ? Object.keys(SCENARIOS) : [options.scenario];
  let code: ExitCode = EXIT.ok;
  for (const name of names) {
    const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
    if (scenario === undefined) {
      throw new UsageError(
        `there is no scenario "${name}"; there are: ${Object.keys(SCENARIOS).join(', ')}, all`,
      );
    }
    const say = (line: string) => io.err(`${line}\n`);
    const result = await playScenario(name, scenario, {
      self: io.self,
      env: io.env,
      say,
      now: systemClock.now,
    });
    io.out(options.json === true ? `${JSON.stringify(result)}\n` : account(result));
    if (result.outcome === 'wrong') code = EXIT.failed;
    if (io.stop.aborted || io.unheard.aborted) break;
  }
  return code;
}

function account(result: DemoResult): string {
  const { recovery_ms: ms, answers } = result;
  const times = Object.entries(ms)
    .filter(([part, value]) => value !== null && part !== 'total')
    .map(([part, value]) => `${part} ${value}`)
    .join(', ');
  const lines = [
    `${result.scenario}: ${result.outcome}${result.complaint === null ? '' : `: ${result.complaint}`}`,
    ...(ms.total === null ? [] : [`  ${ms.total} ms from the deed to the end of the run (ms: ${times})`]),
    ...(answers.before === null || answers.after === null
      ? []
      : [
          `  A ${list(answers.before.v4)} → ${list(answers.after.v4)}, AAAA ${list(answers.before.v6)} → ${list(answers.after.v6)}`,
          `  ${answers.after.epoch ?? 'no epoch'}`,
        ]),
    ...(result.said === null ? [] : [`  ${result.said}`]),
  ];
  return `${lines.join('\n')}\n\n`;
}

function list(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(' ');
}
