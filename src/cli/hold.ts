/** `understudy hold` and `resume`: a person's pause. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export interface HoldOptions extends CommonOptions {
  readonly owner?: string;
  readonly reason?: string;
  readonly for?: string;
  readonly until?: string;
  readonly all?: boolean;
}

export interface ResumeOptions extends CommonOptions {
  readonly reason?: string;
  readonly all?: boolean;
}

export const hold: CommandModule = {
  register(parent, run) {
    parent
      .command('hold')
      .description('pause all switching of a service; watching and telling go on')
      .argument('[service]', 'needed when the config has several')
      .option('--reason <text>', 'why; told to people and kept in the audit')
      .option('--owner <name>', 'whose hold it is; default: the user at the keyboard')
      .option('--for <duration>', 'ends after this: 30m, 2h, 3d')
      .option('--until <time>', 'ends then: 2026-11-23T06:00Z')
      .option('--all', 'every service of the config')
      .option('--json', 'one JSON object on stdout')
      .addHelpText(
        'after',
        `
Without --for and --until it lasts until \`understudy resume\`. It replaces a hold that is in force. A run under way
stops before its next step, unless DNS was changed already: then it is seen through. It is of this installation alone:
where another watches over the service too, hold it there as well.

Examples:
  understudy hold web --for 2h --reason "moving the rack"
  understudy hold --all --until 2026-11-23T06:00Z --reason "network works at both hosters"
`,
      )
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { holdServices } = await import('./actions/hold.ts');
          return holdServices(io, service, command.optsWithGlobals<HoldOptions>());
        }),
      );
  },
};

export const resume: CommandModule = {
  register(parent, run) {
    parent
      .command('resume')
      .description('lift a hold')
      .argument('[service]', 'needed when the config has several')
      .option('--reason <text>', 'kept in the audit')
      .option('--all', 'every service of the config')
      .option('--json', 'one JSON object on stdout')
      .addHelpText('after', '\nExamples:\n  understudy resume web\n  understudy resume --all\n')
      .action(
        run(async (io, service: string | undefined, _options: unknown, command: Command) => {
          const { resumeServices } = await import('./actions/hold.ts');
          return resumeServices(io, service, command.optsWithGlobals<ResumeOptions>());
        }),
      );
  },
};
