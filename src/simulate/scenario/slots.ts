/**
 * What may stand in a slot of a pattern. A slot with a closed list of words takes these and no other; the rest are told
 * apart by their shape, so that a wrong duration is reported as such and not as a sentence nobody knows.
 */
import { isIP } from 'node:net';
import { formatDuration, parseDuration } from '../../config/duration.ts';
import { OVERRIDES, STANDING_CODES, STEP_KINDS } from '../../model/plan.ts';
import { FAMILIES, type Family } from '../../model/sample.ts';
import { MODES } from '../../model/service.ts';
import type { RunStatus } from '../../model/state.ts';
import { POLICIES, VERDICT_CLASSES } from '../../model/verdict.ts';
import { GATE_ROWS } from '../../plan/gate/rows.ts';
import { API_FAULTS, COMMAND_FAULTS, COMMANDS, DISK_FAULTS, SINK_FAULTS } from '../script.ts';
import type { Filled } from './pattern.ts';
import type { Word } from './text.ts';

export interface Slot {
  readonly doc: string;
  /** The only words that may stand here. */
  readonly words?: readonly string[];
  /** Shape of what may stand here, when there is no closed list. */
  readonly shape?: Pick<RegExp, 'test'>;
  /** Stands in quotes. */
  readonly quoted?: boolean;
  /** Several, parted by commas or `and`. */
  readonly list?: boolean;
}

export const RUN_ENDS = [
  'done',
  'unverified',
  'failed',
  'superseded',
  'abandoned',
  'interrupted',
] as const satisfies readonly RunStatus[];
/** How a service at a site fails, as one says it. */
export const SITE_FAILS = { refuses: 'refused', hangs: 'hang', errs: 'status' } as const;
export const PROBE_FAILS = { refuses: 'refused', hangs: 'hang' } as const;
/** `ipv4` is what people say, `v4` what understudy writes. */
const FAMILY_WORDS: Readonly<Record<string, Family>> = { v4: 'v4', v6: 'v6', ipv4: 'v4', ipv6: 'v6' };
export const API_FAULT_WORDS = Object.keys(API_FAULTS) as (keyof typeof API_FAULTS)[];
export const COMMAND_FAULT_WORDS = Object.keys(COMMAND_FAULTS) as (keyof typeof COMMAND_FAULTS)[];
export const DISK_FAULT_WORDS = Object.keys(DISK_FAULTS) as (keyof typeof DISK_FAULTS)[];
export const SINK_FAULT_WORDS = Object.keys(SINK_FAULTS) as (keyof typeof SINK_FAULTS)[];
export const SITE_FAIL_WORDS = Object.keys(SITE_FAILS) as (keyof typeof SITE_FAILS)[];
export const PROBE_FAIL_WORDS = Object.keys(PROBE_FAILS) as (keyof typeof PROBE_FAILS)[];

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const AMOUNT = /^[+-]?\d/;
const duration = (doc: string): Slot => ({ doc: `${doc}: 90s, 5m, 2h, 3d`, shape: AMOUNT });
const name = (doc: string): Slot => ({ doc, shape: NAME });

export const SLOTS: Readonly<Record<string, Slot>> = {
  SERVICE: name('a service of this file'),
  SITE: name('a site of the service'),
  HOSTER: name('what you call the hoster'),
  MACHINE: name('what you call the machine; sites on one machine share its fate'),
  STATION: name('where understudy runs; `desk` unless you set up others'),
  API: name('a hoster, or `dns`'),
  PROBE: name('a probe of the service'),
  PROBES: { doc: 'what is probed: `http, smtp, imap`', shape: NAME, list: true },
  PARTS: { doc: 'what is promoted, in order: `db, mail`', shape: NAME, list: true },
  SINK: name('where notices go; `irc` unless you set up others'),
  SINKS: { doc: 'names of sinks', shape: NAME, list: true },
  PERSON: name('somebody, by one word'),
  DURATION: duration('a duration'),
  LATENESS: duration('a duration'),
  MARGIN: duration('a duration'),
  LEAP: duration('a duration with + or - in front'),
  CLOCK: { doc: 'a time of day: 02:13 or 02:13:30', shape: /^\d{1,2}:\d\d/ },
  NUMBER: { doc: 'a whole number', shape: AMOUNT },
  PPM: { doc: 'millionths, with a sign: 200, -50', shape: AMOUNT },
  ADDRESS: { doc: 'an IP address', shape: { test: text => isIP(text) !== 0 } },
  TEXT: { doc: 'text in "quotes"', quoted: true },
  FAMILIES: { doc: '`ipv4`, `ipv6`, or both', words: Object.keys(FAMILY_WORDS), list: true },
  METHOD: { doc: 'how the site is fenced', words: ['power-off', 'command', 'none'] },
  MODE: { doc: 'how far understudy may go', words: MODES },
  CLASS: { doc: 'a verdict', words: VERDICT_CLASSES },
  POLICY: { doc: 'what is done on a verdict', words: POLICIES },
  STEP: { doc: 'a step of a plan', words: STEP_KINDS },
  STATUS: { doc: 'how a run ended', words: RUN_ENDS },
  CODE: { doc: 'why nothing is done', words: STANDING_CODES },
  ROW: { doc: 'a row of the gate', words: GATE_ROWS.map(row => row.code) },
  OVERRIDES: { doc: 'what a person takes upon themselves', words: OVERRIDES, list: true },
  FAILS: { doc: 'the service is refused, does not answer, or answers with an error', words: SITE_FAIL_WORDS },
  PROBE_FAILS: { doc: 'how one probe fails', words: PROBE_FAIL_WORDS },
  COMMAND: { doc: 'a command of the site', words: COMMANDS },
  COMMAND_FAULT: { doc: 'how it goes wrong', words: COMMAND_FAULT_WORDS },
  API_FAULT: { doc: 'what it does instead of answering', words: API_FAULT_WORDS },
  DISK_FAULT: { doc: 'what is wrong with it', words: DISK_FAULT_WORDS },
  SINK_FAULT: { doc: 'what it does', words: SINK_FAULT_WORDS },
  WHEN: { doc: 'before or after the call takes effect', words: ['before', 'after'] },
  CHANGE: { doc: 'what is changed in the config', words: ['ttl', 'record'] },
  MANY: { doc: 'how many', words: ['all', 'any'] },
  OUTCOME: { doc: 'how a step ended', words: ['done', 'failed'] },
};

/** @returns whether the word has the shape of what may stand in the slot */
export function fitsSlot(slot: string, word: Word): boolean {
  const { words, shape, quoted } = SLOTS[slot] ?? {};
  if (quoted === true) return word.quoted;
  if (word.quoted) return false;
  return words === undefined ? (shape?.test(word.text) ?? false) : words.includes(word.text);
}

/** Thrown for what has the right shape and makes no sense. `word`: which one; null: the sentence as a whole. */
export class WordError extends Error {
  readonly word: Word | null;
  /** What may stand there. */
  readonly allowed: readonly string[];
  constructor(word: Word | null, message: string, allowed: readonly string[] = []) {
    super(message);
    this.word = word;
    this.allowed = allowed;
  }
}

/** Both included; the fields of the config have the same two. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

const DAY_MS = 86_400_000;
/** More than a year is no part of a night; without an end at all it is said by leaving it out. */
const SPAN: Bounds = { min: 0, max: 366 * DAY_MS };
/** A machine whose battery is dead wakes up in 1970; further than that no clock of ours leads. */
const LEAPS: Bounds = { min: 1, max: 20_000 * DAY_MS };

/** @throws WordError */
function durationOf(word: Word, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new WordError(word, error instanceof Error ? error.message : String(error));
  }
}

/** @returns the value @throws WordError with what is allowed */
function within(word: Word, { min, max }: Bounds, value: number, show: (value: number) => string): number {
  if (value >= min && value <= max) return value;
  const off = value < min ? `is less than ${show(min)}` : `is more than ${show(max)}`;
  throw new WordError(word, off, [`${show(min)} to ${show(max)}`]);
}

/** What the slots of a sentence were filled with, read as what they are. */
export class Found {
  readonly #filled: readonly Filled[];

  constructor(filled: readonly Filled[]) {
    this.#filled = filled;
  }

  has(slot: string): boolean {
    return this.#filled.some(entry => entry.slot === slot);
  }

  /** @throws RangeError when the pattern has no such slot or it was left out: a mistake in a table */
  words(slot: string): readonly Word[] {
    const words = this.#filled.find(entry => entry.slot === slot)?.words;
    if (words === undefined) throw new RangeError(`the sentence has no ${slot}`);
    return words;
  }

  word(slot: string): Word {
    const [word] = this.words(slot);
    if (word === undefined) throw new RangeError(`${slot} is empty`);
    return word;
  }

  text(slot: string): string {
    return this.word(slot).text;
  }

  list(slot: string): readonly string[] {
    return this.words(slot).map(word => word.text);
  }

  /** @returns the word as one of the list it was matched against */
  one<const T extends string>(slot: string, list: readonly T[]): T {
    const text = this.text(slot);
    const found = list.find(entry => entry === text);
    if (found === undefined) throw new RangeError(`${slot} is not one of the list`);
    return found;
  }

  some<const T extends string>(slot: string, list: readonly T[]): readonly T[] {
    const texts = this.list(slot);
    return list.filter(entry => texts.includes(entry));
  }

  /** @returns ms @throws WordError for what is none, or out of its bounds */
  ms(slot: string, bounds: Bounds = SPAN): number {
    const word = this.word(slot);
    return within(word, bounds, durationOf(word, word.text), formatDuration);
  }

  /** @returns ms, below zero for `-5m` @throws WordError */
  leap(slot: string): number {
    const word = this.word(slot);
    const [, sign = '', amount = ''] = /^([+-]?)(.*)$/.exec(word.text) ?? [];
    if (sign === '') throw new WordError(word, `needs a direction: write +${amount} or -${amount}`);
    return (sign === '-' ? -1 : 1) * within(word, LEAPS, durationOf(word, amount), formatDuration);
  }

  /** @throws WordError */
  number(slot: string, bounds: Bounds): number {
    const word = this.word(slot);
    if (!/^-?\d{1,9}$/.test(word.text)) throw new WordError(word, 'is not a whole number');
    return within(word, bounds, Number(word.text), String);
  }

  /** @returns the families in the program's order; `fallback` when none are named */
  families(fallback: readonly Family[]): readonly Family[] {
    if (!this.has('FAMILIES')) return fallback;
    const named = this.list('FAMILIES').map(word => FAMILY_WORDS[word]);
    return FAMILIES.filter(family => named.includes(family));
  }
}
