/**
 * Words on their way to a command: checked, given an environment, and quoted for a remote shell. Quoting is the
 * one place where a host name or a path could turn into a command, so it is done here and nowhere else.
 */
import type { Command } from '../../model/service.ts';
import { ProviderError } from '../../ports/errors.ts';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

function rejected(message: string): ProviderError {
  return new ProviderError({
    code: 'provider-rejected',
    message,
    next: 'correct the command in the config, then `understudy config check`',
  });
}

/**
 * The command with its extra environment as one argv: `env NAME=value … command word …`. Going through env(1) even
 * without variables makes a missing command end with status 127 here and over ssh alike.
 * The variables show in the process list, so they must never hold a secret.
 * @throws ProviderError `provider-rejected` for an empty command, a NUL, a bad variable name, or a first word that
 *   env(1) would take for an option or a variable
 */
export function commandWords(
  command: Command,
  env: Readonly<Record<string, string>> = {},
): readonly string[] {
  const [first] = command.argv;
  if (first === undefined || first === '') throw rejected('the command is empty');
  if (first.startsWith('-') || first.includes('='))
    throw rejected(`a command's first word cannot start with "-" or contain "=": "${first.slice(0, 60)}"`);
  const variables = Object.entries(env).map(([name, value]) => {
    if (!VARIABLE.test(name))
      throw rejected(`"${name.slice(0, 60)}" is not a name for an environment variable`);
    return `${name}=${value}`;
  });
  const words = ['env', ...variables, ...command.argv];
  if (words.some(word => word.includes('\0')))
    throw rejected(`a word of the command "${first}" contains a NUL`);
  return words;
}

/** @returns the word as a POSIX shell reads it back unchanged: in single quotes, each inner one as `'\''` */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
