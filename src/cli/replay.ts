/** `understudy replay`: recorded evidence under this policy or another. What would have happened, when and why. */
import type { Command } from 'commander';
import type { ReplayOptions } from './actions/replay.ts';
import type { CommandModule } from './command.ts';

export const replayCommand: CommandModule = {
  register(parent, run) {
    parent
      .command('replay')
      .description('run recorded evidence through the policy, or another: what would have been done, and why')
      .argument('<trace>', 'a file that `understudy export` wrote; -: stdin')
      .option(
        '--service <name>',
        'the service of the config whose policy is used; else the name in the trace',
      )
      .option('--set <key=value>', 'another policy: thresholds.failures=2; several by commas', gather, [])
      .option('--compare', 'the config as it is beside each --set, as a table')
      .option('--false-within <span>', 'a move is false when the site is back by itself within this', '5m')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
It looks at nothing but the file and the config, and does nothing. The same trace and policy give the same log.
--set takes mode, essential, stateless, block_window, retry_pause, plan_ttl, and what stands under thresholds, pace
and policy, as the config writes it. Without --compare all of them together are one policy.

What a replay cannot know:
  what would have come after a move that was not made. The move counts as done at once; it is taken back when
  DNS moves in the trace, or when what was left is well again;
  what was not looked at. Standbys, hoster and zone were asked as often as the policy of then asked them;
  holds, acks and clears of people, other services on the same machine, and what stood before the trace began;
  whether a site that was fenced would have come back: a move that was really made is never called false.

Examples:
  understudy replay web.jsonl
  understudy replay web.jsonl --set thresholds.failures=2,thresholds.failing_for=5s
  understudy replay web.jsonl --compare --set thresholds.failures=2 --set thresholds.failures=5
  understudy replay web.jsonl --set mode=act --json
  gunzip -c web.jsonl.gz | understudy replay -
`,
      )
      .action(
        run(async (io, trace: string, _options: unknown, command: Command) => {
          const { replayTrace } = await import('./actions/replay.ts');
          return replayTrace(io, trace, command.optsWithGlobals<ReplayOptions>());
        }),
      );
  },
};

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
