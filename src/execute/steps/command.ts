/** Runs one configured command at a site and turns anything but exit status 0 into an error that says which. */
import type { Command, Shell } from '../../model/service.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import type { CommandResult } from '../../ports/providers.ts';
import { runEnvironment, type StepContext } from '../context.ts';

/** @returns the result, whatever the exit status */
export async function tryCommand(
  context: StepContext,
  site: string,
  shell: Shell,
  command: Command,
): Promise<CommandResult> {
  const promoter = await context.outside.promoter(shell.kind);
  return promoter.run(shell, command, {
    signal: context.signal,
    env: runEnvironment(context, site),
    onOutput: context.output,
  });
}

/** @throws UnderstudyError `command-failed` unless it ends with status 0 */
export async function runCommand(
  context: StepContext,
  site: string,
  shell: Shell,
  command: Command,
  what: string,
): Promise<CommandResult> {
  const result = await tryCommand(context, site, shell, command);
  if (result.status === 0) return result;
  const last = result.tail.at(-1);
  const how = result.timedOut
    ? `did not end within ${command.limitMs / 1000} s`
    : `ended with status ${result.status ?? 'none (killed)'}`;
  throw new UnderstudyError({
    code: 'command-failed',
    message: `${what} on ${site} ${how}${last === undefined ? '' : `: ${last}`}`,
    next: `log in to ${site} and run it by hand: ${command.argv.join(' ')}`,
  });
}
