/** The command line: one file a command, each parses, calls and renders; commander keeps the words. */
import { Command, CommanderError } from 'commander';
import type { Runner } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, EXIT_MEANINGS, type ExitCode } from './exit-codes.ts';
import { exitCodeOf, renderError } from './failure.ts';
import type { Io } from './io.ts';

declare const UNDERSTUDY_VERSION: string | undefined;

export const DEFAULT_CONFIG = '/etc/understudy/understudy.yaml';

/**
 * @param argv the words after the program's name
 * @returns the exit code of exit-codes.ts; everything thrown has been rendered to stderr
 */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const run: Runner =
    action =>
    async (...args) => {
      code = await action(io, ...args);
    };
  const program = createProgram(io, run);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    io.err(renderError(thrown, { json: argv.includes('--json') }));
    return exitCodeOf(thrown);
  }
}

function createProgram(io: Io, run: Runner): Command {
  const program = new Command('understudy')
    .description(
      'Keeps a community server on the air: fences the locked or dead site, promotes a warm standby at another provider, flips DNS, proves it from outside and tells people.',
    )
    .version(typeof UNDERSTUDY_VERSION === 'string' ? UNDERSTUDY_VERSION : 'development')
    .option('-c, --config <file>', 'the config file', io.env.UNDERSTUDY_CONFIG ?? DEFAULT_CONFIG)
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      () =>
        `\nExit codes:\n${exitTable()}\nThe config is read from --config, else $UNDERSTUDY_CONFIG, else ${DEFAULT_CONFIG}.\n`,
    );
  for (const module of COMMANDS) module.register(program, run);
  return program;
}

function exitTable(): string {
  return Object.entries(EXIT)
    .map(([name, code]) => `  ${code}  ${EXIT_MEANINGS[name as keyof typeof EXIT]}\n`)
    .join('');
}
