/**
 * The form that every text for people takes before it leaves the program: one line that an IRC server, a relay bot,
 * a terminal or a log can show as it is. Sentences carry words of others (a banner, an SMTP answer, a reason
 * typed by a person), so none of them may move a cursor, reorder letters, start a new line, or give a bot a command.
 */

/** Bytes of UTF-8 that fit into one IRC line (512) with prefix, command and channel name. */
export const LINE_BYTES = 400;

const ELLIPSIS = '…';
const SPACES = /[\s\p{Zl}\p{Zp}]+/gu;
// Cc: controls, CR LF NUL among them. Cf: invisible, with all that turns the writing direction. Cs: halves of characters.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}]/gu;
// Relays take #, @ and % at the start as routing, IRC clients and bots / as a command.
const ROUTING = /^[ #@%/]+/;

/** @returns the longest start of `text` with at most `maxBytes` bytes of UTF-8 that ends between two characters */
function cut(text: string, maxBytes: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/**
 * @param maxBytes UTF-8 length that is not exceeded; a text that is cut ends with `…` where there is room for it
 * @returns one line without control, bidirectional or other invisible characters, runs of white space as one space,
 *   not starting with `#`, `@`, `%`, `/` or a space; empty when nothing is left. Applied twice it changes nothing more.
 */
export function plain(text: string, maxBytes: number = LINE_BYTES): string {
  const line = text
    .replaceAll(SPACES, ' ')
    .replaceAll(INVISIBLE, '')
    .replaceAll(SPACES, ' ')
    .replace(ROUTING, '')
    .trimEnd();
  if (Buffer.byteLength(line) <= maxBytes) return line;
  const room = maxBytes - Buffer.byteLength(ELLIPSIS);
  return room < 1 ? cut(line, maxBytes).trimEnd() : cut(line, room).trimEnd() + ELLIPSIS;
}

/** @returns a duration as people say it, two units at most: `850 ms`, `90 s` as `1 min 30 s`, `3 h 5 min`, `2 d` */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms < 0) return `-${duration(-ms)}`;
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  const units: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = units.findIndex(([count]) => count > 0);
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** @returns an instant (ms since the epoch) in UTC to the second: `2026-11-23 02:35:10Z`; `an unknown time` when out of range */
export function instant(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
