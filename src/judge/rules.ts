/**
 * The judge's table: first match wins. A row left silent on a fact does not care about it. Numbers are stable
 * names: they stand in verdicts, notices and the history, so a row may be added between two but none renumbered.
 * The table's print is documentation (`understudy rules`) and is held by a golden file.
 */
import { FACT_VALUES, type Facts } from '../model/observation.ts';
import type { VerdictClass } from '../model/verdict.ts';

export type Pattern = { readonly [K in keyof Facts]?: readonly Facts[K][] };

export interface Rule {
  readonly number: number;
  readonly class: VerdictClass;
  readonly when: Pattern;
  readonly sentence: string;
}

export const RULES: readonly Rule[] = [
  {
    number: 10,
    class: 'ROLLED_BACK',
    when: { control: ['rolled-back'] },
    sentence:
      'DNS shows a lower epoch than one we have seen: its control plane was rolled back, a person must look',
  },
  {
    number: 20,
    class: 'OBSERVER_OFFLINE',
    when: { observer: ['offline'] },
    sentence: 'no reference host can be reached either: the fault is with our own network',
  },
  {
    number: 22,
    class: 'OBSERVER_OFFLINE',
    when: { observer: ['unproven'], essential: ['down', 'degraded'] },
    sentence: 'the thresholds are reached, but nothing proves that our own network is up',
  },
  {
    number: 30,
    class: 'PROVIDER_LOCK',
    when: { observer: ['online'], lock: ['essential'], essential: ['failing', 'down'] },
    sentence: 'the hoster has locked an essential address, and the probes fail as they must then',
  },
  {
    number: 40,
    class: 'UNREACHABLE',
    when: { observer: ['online'], essential: ['down'] },
    sentence: 'an essential family is down by count and by time, and our own network is up',
  },
  {
    number: 50,
    class: 'SUSPECT',
    when: { essential: ['suspect', 'failing'] },
    sentence: 'required probes fail, but not yet often and long enough',
  },
  {
    number: 60,
    class: 'UNKNOWN',
    when: { essential: ['no-data'] },
    sentence: 'there is no fresh sample of an essential family',
  },
  {
    number: 70,
    class: 'PARTIAL_FAMILY',
    when: { lock: ['other'], other: ['failing', 'down'] },
    sentence: 'the hoster has locked a family that is not essential, and its probes fail',
  },
  {
    number: 72,
    class: 'PARTIAL_FAMILY',
    when: { other: ['down'] },
    sentence: 'a family that is not essential is down by count and by time',
  },
  {
    number: 74,
    class: 'SUSPECT',
    when: { other: ['suspect', 'failing'] },
    sentence: 'probes of a family that is not essential fail, but not yet often and long enough',
  },
  {
    number: 80,
    class: 'DEGRADED',
    when: { essential: ['degraded'] },
    sentence: 'some required probes of an essential family are down, others are well',
  },
  {
    number: 82,
    class: 'WARNED',
    when: { other: ['degraded'] },
    sentence: 'some required probes of a family that is not essential are down, others are well',
  },
  {
    number: 90,
    class: 'FAMILY_RETURNED',
    when: { withdrawn: ['returned'], essential: ['ok'] },
    sentence: 'a withdrawn family has been well for long enough',
  },
  {
    number: 94,
    class: 'WARNED',
    when: { lock: ['essential', 'other'] },
    sentence: 'the hoster says that an address is locked, though it answers from here',
  },
  {
    number: 96,
    class: 'WARNED',
    when: { warnings: ['some'] },
    sentence: 'all probes are well, but something wants a person before it hurts',
  },
  { number: 100, class: 'HEALTHY', when: {}, sentence: 'all probes are well' },
];

export const FACT_NAMES = Object.keys(FACT_VALUES) as readonly (keyof Facts)[];

/** @returns whether every fact that the row names has one of the values it allows */
export function matches(rule: Rule, facts: Facts): boolean {
  for (const name in rule.when) if (!cellMatches(rule, facts, name as keyof Facts)) return false;
  return true;
}

/** @returns whether the row allows the value of this one fact */
export function cellMatches(rule: Rule, facts: Facts, name: keyof Facts): boolean {
  const wanted: readonly string[] | undefined = rule.when[name];
  return wanted === undefined || wanted.includes(facts[name]);
}
