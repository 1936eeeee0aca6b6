/**
 * What the vendor or a proxy says may echo the request, token and all. Everything that goes into an error
 * passes through here first; an axios error itself is never kept, since its `config` holds the token.
 */

const MAX_TEXT = 200;

/** Makes text safe to show: without the secret (whatever its case), control characters, or more than 200 characters. */
export type Redact = (text: string) => string;

/** @param secret the token; its parts of 12 characters and more at a cut are removed as well, since proxies truncate */
export function createRedact(secret: string): Redact {
  const literal = secret.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  const whole = new RegExp(literal, 'gi');
  const head = secret.slice(0, 12).toLowerCase();
  return text => {
    let clean = text.replace(whole, '[secret]');
    const cut = secret.length > 12 ? clean.toLowerCase().indexOf(head) : -1;
    if (cut >= 0) clean = `${clean.slice(0, cut)}[secret]`;
    clean = [...clean].map(c => (isControl(c) ? ' ' : c)).join('');
    clean = clean.replace(/ {2,}/g, ' ').trim();
    return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT - 1)}…` : clean;
  };
}

/** C0, DEL, C1, and the characters that reorder or break lines in a terminal. */
function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (
    code < 32 ||
    (code >= 127 && code < 160) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
