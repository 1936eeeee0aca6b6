/**
 * Makes text from a peer fit to be shown: on a terminal, in an IRC line, in a JSON log. What a broken or hostile
 * server says ends up in front of a person at 03:00, so it must not move the cursor, forge a second line or
 * turn the reading direction round.
 */

/** The longest `detail` or text fact of a probe, in UTF-16 units (as ProbeResult promises). */
export const TEXT_CAP = 200;

// C0 and C1 controls, DEL, zero-width and bidirectional marks, line and paragraph separators, BOM, noncharacters.
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{FFFE}\u{FFFF}]+/gu;

/** @returns `raw` on one line, without control or formatting characters, at most `cap` UTF-16 units, no pair cut in two */
export function clean(raw: string, cap = TEXT_CAP): string {
  // The first cut bounds the work on a huge input; the second one is the promise.
  const text = raw
    .slice(0, cap * 4)
    .replace(UNSHOWABLE, ' ')
    .trim();
  if (text.length <= cap) return text;
  const cut = text.slice(0, cap - 1);
  return `${isHighSurrogate(cut) ? cut.slice(0, -1) : cut}…`;
}

function isHighSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
