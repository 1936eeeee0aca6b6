/**
 * Takes known secrets out of what commands print. A command has no token of understudy in its environment, but may
 * read the same file or account as its config names; its output goes to the journal, to notices and to the
 * status page, where a token must not be. A secret in another form (base64, half a line) is not recognised.
 */
import { Secret } from '../../model/secret.ts';
import type { Promoter } from '../../ports/providers.ts';

/** Shorter ones are left alone: replacing every `root` would garble the output and so tell what the secret is. */
const SHORTEST = 6;

/** @returns the values of all `Secret`s in the settings, at any depth of plain objects and lists */
export function secretsIn(settings: unknown): readonly string[] {
  if (settings instanceof Secret) return [settings.reveal()];
  if (typeof settings !== 'object' || settings === null) return [];
  return Object.values(settings).flatMap(secretsIn);
}

/**
 * @param secrets values as they are sent; those under 6 characters are ignored
 * @returns the promoter, with `[secret]` for every occurrence in output lines and tail
 */
export function redacting(promoter: Promoter, secrets: readonly string[]): Promoter {
  // Longest first: a secret that begins with another one must not leave its end behind.
  const known = [...new Set(secrets)]
    .filter(secret => secret.length >= SHORTEST)
    .sort((one, other) => other.length - one.length);
  const redact = (line: string): string =>
    known.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line);
  return {
    kind: promoter.kind,
    async run(shell, command, options) {
      const { onOutput } = options;
      const result = await promoter.run(shell, command, {
        ...options,
        ...(onOutput && { onOutput: (line: string) => onOutput(redact(line)) }),
      });
      return { ...result, tail: result.tail.map(redact) };
    },
  };
}
