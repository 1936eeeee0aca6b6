/**
 * The epoch: a fencing token that lives in DNS, in a TXT record beside the service's own records.
 * `v=1 epoch=<n> active=<site> owner=<run token>`. Whoever flips must delete the record exactly as it was
 * read, so a runner that was paused, cut off or superseded cannot flip, whatever it believes.
 */

export interface EpochRecord {
  /** Grows by one with every run that changes DNS. A whole number ≥ 1. */
  readonly epoch: number;
  /** Name of the site that the address records point to. */
  readonly active: string;
  /** Token of the run that wrote this; tells "mine" from "somebody else's" after a lost reply. */
  readonly owner: string;
}

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** True for what may stand as a site name or run token in the record: no spaces, quotes or `=`; ≤ 63 characters. */
export function isEpochToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The record's text, without the quotes that zone files and Route 53 put around TXT values. */
export function formatEpoch(record: EpochRecord): string {
  return `v=1 epoch=${record.epoch} active=${record.active} owner=${record.owner}`;
}

/** What somebody else may have written, for a message: short, and nothing in it that moves a cursor or turns text round. */
function quote(text: string): string {
  return `"${text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')}"`;
}

/**
 * Reads the record's text (quotes already removed). Unknown keys are ignored, so a later version may add some.
 * @returns the record, or a sentence that says what is wrong with the text
 */
export function parseEpoch(text: string): EpochRecord | string {
  const fields = new Map<string, string>();
  for (const word of text.trim().split(/\s+/)) {
    const cut = word.indexOf('=');
    if (cut < 1) return `${quote(word)} is not key=value`;
    if (fields.has(word.slice(0, cut))) return `${quote(word)} repeats a key`;
    fields.set(word.slice(0, cut), word.slice(cut + 1));
  }
  if (fields.get('v') !== '1') {
    const version = fields.get('v');
    return `version ${version === undefined ? 'missing' : quote(version)}, this program knows v=1`;
  }
  const epochText = fields.get('epoch') ?? '';
  const epoch = Number(epochText);
  if (!/^[1-9][0-9]{0,14}$/.test(epochText)) return `epoch ${quote(epochText)} is not a whole number from 1`;
  const active = fields.get('active') ?? '';
  const owner = fields.get('owner') ?? '';
  if (!isEpochToken(active)) return 'active= is missing or not a site name';
  if (!isEpochToken(owner)) return 'owner= is missing or not a run token';
  return { epoch, active, owner };
}
