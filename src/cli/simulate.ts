/** `understudy simulate`: the production code in virtual time, against a world in which everything fails. */
import { type Command, Option } from 'commander';
import type { SimulateOptions } from './actions/simulate.ts';
import type { CommandModule } from './command.ts';

export const simulate: CommandModule = {
  register(parent, run) {
    parent
      .command('simulate')
      .description('live through simulated nights by the thousand, or through one that you wrote down')
      .argument('[files...]', 'scenario files: what happens, and what is expected')
      .option('--seeds <n>', 'draw so many nights, and hold the twelve invariants against every event')
      .option('--from <seed>', 'the first seed; 1 when left out')
      .option('--hours <h>', 'hours of faults of each; a calm follows; 8 when left out')
      .option('--jobs <n>', 'processes at once; all processors when left out')
      .option('--stop-at-first', 'end at the first violation')
      .option('--cover', 'every fault, rule and refusal of the gate must have occurred')
      .option('--seed <seed>', 'one night, and its story')
      .option('--only <numbers>', 'with --seed: only these of its happenings, as a story tells them; or none')
      .option('--full', 'with --seed: a story of any length')
      .option('--trace <file>', 'with one scenario file: what understudy saw that night, for `replay`')
      .option('--words', 'print the language of scenario files')
      .option('--json', 'one JSON object on stdout')
      .addOption(new Option('--worker', 'one of the jobs: reports as lines of JSON').hideHelp())
      .addHelpText(
        'after',
        `
No config is read, nothing of the outside is touched, no real time passes: what runs is the code that decides and
acts, over simulated sites, hosters, DNS, networks, clocks, disks, processes and people. The same seed gives the
same night. Ends with 0 when no invariant was violated, with 5 when one was (or a scenario went otherwise), with 2
when a scenario file is refused. Interrupted, it tells what there is so far, and ends with 9: nothing is proved.

Of a violation the story is told: the happenings that it needs, what they led to, and the command to see it again.

Examples:
  understudy simulate --seeds 200
  understudy simulate --seeds 2000 --from 5000 --hours 4 --jobs 2 --cover
  understudy simulate --seed 42 --hours 8
  understudy simulate --seed 42 --hours 8 --only 1,2
  understudy simulate incident.scenario
  understudy simulate incident.scenario --trace incident.jsonl
  understudy simulate --words
`,
      )
      .action(
        run(async (io, files: readonly string[], _options: unknown, command: Command) => {
          const { simulateWith } = await import('./actions/simulate.ts');
          return simulateWith(io, files, command.optsWithGlobals<SimulateOptions>());
        }),
      );
  },
};
