/**
 * The epoch: a fencing token that lives in DNS, in a TXT record beside the service's own records.
 * `v=1 epoch=<n> active=<site> owner=<run token>`. Whoever flips must delete the record exactly as it was
 * read, so a runner that was paused, cut off or superseded cannot flip, whatever it believes.
 *
 * A run that moves a service takes the epoch before it touches any site: `… busy=<s> step=<s>` stands there until its flip.
 * Without that two installations, each with a lease of its own, could both fence and promote, and only one of them flip.
 */

/** The run that wrote the record is under way. */
export interface Claim {
  /** Others leave the service alone for so long after they saw the claim first: more than the run may take. Whole seconds. */
  readonly busyS: number;
  /** The longest that one deed of the run may still be at work after the claim was taken from it. Whole seconds. */
  readonly stepS: number;
}

export interface EpochRecord {
  /** Grows by one with every change of DNS: when a run claims it, and when it flips. A whole number ≥ 1. */
  readonly epoch: number;
  /** Name of the site that the address records point to. */
  readonly active: string;
  /** Token of the run that wrote this; tells "mine" from "somebody else's" after a lost reply. */
  readonly owner: string;
  /** Absent once the run has flipped. */
  readonly claim?: Claim;
}

/** The highest that can be written: fifteen digits. */
export const EPOCH_MOST = 999_999_999_999_999;

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** True for what may stand as a site name or run token in the record: no spaces, quotes or `=`; ≤ 63 characters. */
export function isEpochToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The record's text, without the quotes that zone files and Route 53 put around TXT values. */
export function formatEpoch({ epoch, active, owner, claim }: EpochRecord): string {
  const text = `v=1 epoch=${epoch} active=${active} owner=${owner}`;
  return claim === undefined ? text : `${text} busy=${claim.busyS} step=${claim.stepS}`;
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
  const claim = parseClaim(fields.get('busy'), fields.get('step'));
  if (typeof claim === 'string') return claim;
  return { epoch, active, owner, ...(claim === null ? {} : { claim }) };
}

/** No run takes longer, and no deed of one; a slip of somebody's would keep everybody out for as long. */
const BUSY_MOST_S = 24 * 3600;
const STEP_MOST_S = 2 * 3600;

/** @returns null where there is none, a sentence where it makes no sense */
function parseClaim(busy: string | undefined, step: string | undefined): Claim | string | null {
  if (busy === undefined && step === undefined) return null;
  const [busyS, stepS] = [seconds(busy, BUSY_MOST_S), seconds(step, STEP_MOST_S)];
  if (busyS === null || stepS === null)
    return `busy= and step= must both be whole seconds, of at most ${BUSY_MOST_S} and ${STEP_MOST_S}`;
  return { busyS, stepS };
}

function seconds(text: string | undefined, most: number): number | null {
  const value = /^[0-9]{1,6}$/.test(text ?? '') ? Number(text) : null;
  return value !== null && value <= most ? value : null;
}
