/** The command line: one file a command, each parses, calls and renders; commander keeps the words. */
import { Command, CommanderError } from 'commander';
import type { Runner } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, EXIT_MEANINGS, type ExitCode } from './exit-codes.ts';
import { exitCodeOf, renderError } from './failure.ts';
import { type Io, UsageError } from './io.ts';

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
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const json = words.includes('--json');
  const program = createProgram(io, run, json);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.ok;
      if (json) io.err(renderError(usageOf(thrown), { json }));
      return EXIT.usage;
    }
    io.err(renderError(thrown, { json }));
    return exitCodeOf(thrown);
  }
}

/** What commander says in two lines with a prefix of its own, as any other mistake in the words of a call. */
function usageOf({ message }: CommanderError): UsageError {
  return new UsageError(message.replace(/^error: /, '').replaceAll('\n', ' '));
}

/** @param json what commander would write to stderr is left to `runCli` */
function createProgram(io: Io, run: Runner, json: boolean): Command {
  const program = new Command('understudy')
    .description(
      'Keeps a community server on the air: fences the locked or dead site, promotes a warm standby at another provider, flips DNS, proves it from outside and tells people.',
    )
    .version(typeof UNDERSTUDY_VERSION === 'string' ? UNDERSTUDY_VERSION : 'development')
    .option('-c, --config <file>', 'the config file', io.env.UNDERSTUDY_CONFIG ?? DEFAULT_CONFIG)
    .configureOutput({ writeOut: io.out, writeErr: json ? () => {} : io.err })
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
