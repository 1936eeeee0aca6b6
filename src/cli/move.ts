/** `understudy failover` and `switchover`: a person's order; same gate, same executor, recorded with name and reason. */
import type { Command } from 'commander';
import type { Request } from '../plan/view.ts';
import type { MoveOptions } from './actions/move.ts';
import type { CommandModule, Runner } from './command.ts';

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
        (await import('./actions/move.ts')).move(io, kind, service, command.optsWithGlobals<MoveOptions>()),
      ),
    );
}
