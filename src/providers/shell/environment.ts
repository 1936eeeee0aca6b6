/**
 * The environment of what understudy starts. Its own holds the tokens of hosters and DNS services, and what a command
 * prints ends up in the journal, in notices and on the status page: so a command gets an allow-list, because a
 * list of what to leave out would not know the secret of the next provider.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command needs to find its programs, its home, its language and the user's ssh agent. */
const ALLOWED = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'SSH_AUTH_SOCK',
]);

/** @returns the variables of `parent` that may be handed on: the allow-list and every `LC_…` */
export function plainEnvironment(parent: Environment): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent))
    if (value !== undefined && (ALLOWED.has(name) || name.startsWith('LC_'))) plain[name] = value;
  return plain;
}
