/**
 * Looks for secrets in files, in the forms in which a careless line would leak them: as they are, in base64 (also
 * without padding, as in a Basic header's middle), hex, or percent-encoded.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Leak {
  readonly file: string;
  /** The secret's name, never its value. */
  readonly secret: string;
  readonly form: string;
}

/** Base64 shifts with the position in the text around it, so each of the three alignments has its own inner part. */
function base64Cores(secret: string): string[] {
  return [0, 1, 2].map(shift => {
    const text = Buffer.from('x'.repeat(shift) + secret).toString('base64');
    const whole = Math.floor((shift + Buffer.byteLength(secret)) / 3) * 4;
    return text.slice(shift === 0 ? 0 : 4, whole);
  });
}

function formsOf(secret: string): readonly (readonly [string, string])[] {
  return [
    ['plain', secret],
    ...base64Cores(secret).map(core => ['base64', core] as const),
    ['hex', Buffer.from(secret).toString('hex')],
    ...(encodeURIComponent(secret) === secret
      ? []
      : [['percent-encoded', encodeURIComponent(secret)] as const]),
  ];
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

/**
 * @param folder searched with all below it; sockets, pipes and links are passed over
 * @param secrets by name; each at least 12 characters long, so that chance cannot hit
 * @returns every leak, each file, secret and form once; empty when all is well
 */
export function scanForSecrets(folder: string, secrets: Readonly<Record<string, string>>): Leak[] {
  const needles = Object.entries(secrets).flatMap(([secret, value]) => {
    if (value.length < 12) throw new Error(`the secret ${secret} is too short to be searched for`);
    return formsOf(value).map(([form, text]) => ({ secret, form, bytes: Buffer.from(text) }));
  });
  const leaks = new Map<string, Leak>();
  for (const file of filesUnder(folder)) {
    const content = readFileSync(file);
    for (const { secret, form, bytes } of needles) {
      if (content.includes(bytes)) leaks.set(`${file}\n${secret}\n${form}`, { file, secret, form });
    }
  }
  return [...leaks.values()];
}
