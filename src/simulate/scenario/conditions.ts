/**
 * Everything that a scenario can expect. A *state* is so or not at any instant; an *event* has happened in a span or not.
 * Each says in a few words what is the case instead, for a person who reads why a scenario failed.
 */
import { FAMILIES, type Family } from '../../model/sample.ts';
import { RECORD_TYPE } from '../../plan/records.ts';
import { STANDING_CODES, STEP_KINDS } from '../../model/plan.ts';
import { VERDICT_CLASSES } from '../../model/verdict.ts';
import { GATE_ROWS } from '../../plan/gate/rows.ts';
import type { Truth } from '../events.ts';
import type { Cast } from '../script.ts';
import type { Ledger } from './ledger.ts';
import type { Phrase } from './phrases.ts';
import { type Bounds, type Found, RUN_ENDS } from './slots.ts';

export interface View {
  readonly ledger: Ledger;
  readonly truth: Truth;
  readonly cast: Cast;
}

/** From and to are ms since the beginning, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Condition =
  | { readonly is: 'state'; holds(view: View): boolean; now(view: View): string }
  /** `most`: so often and no more. Without it: at least once. */
  | {
      readonly is: 'event';
      readonly most?: number;
      count(ledger: Ledger, span: Span): number;
      now(ledger: Ledger, span: Span): string;
    };

export interface ConditionPhrase extends Phrase {
  /** What may follow: `moment` nothing, `within`, or `for` · `within` only that · `for` only that · `ever`: to the end. */
  readonly span: 'moment' | 'within' | 'for' | 'ever';
  make(found: Found): Condition;
}

/** Of the public, so many must have an answer that leads there: some resolver somewhere always lags behind. */
const NEARLY_ALL = 0.99;
const COUNTS: Bounds = { min: 0, max: 999_999_999 };
const ROWS = GATE_ROWS.map(row => row.code);

function state(
  pattern: string,
  doc: string,
  make: (found: Found) => Omit<Extract<Condition, { is: 'state' }>, 'is'>,
): ConditionPhrase {
  return { pattern, doc, span: 'moment', make: found => ({ is: 'state', ...make(found) }) };
}

function event(
  span: 'within' | 'for' | 'ever',
  pattern: string,
  doc: string,
  make: (found: Found) => Omit<Extract<Condition, { is: 'event' }>, 'is'>,
): ConditionPhrase {
  return { pattern, doc, span, make: found => ({ is: 'event', ...make(found) }) };
}

function within<T extends { readonly at: number }>(list: readonly T[], { from, to }: Span): readonly T[] {
  return list.filter(entry => entry.at >= from && entry.at <= to);
}

function listed(texts: readonly string[], none: string): string {
  return texts.length === 0 ? none : [...new Set(texts)].slice(0, 6).join(', ');
}

/** @returns the names of sites that the zone's address records lead to, and the families it has records in */
function published({ truth, cast }: View, service: string) {
  const sites = cast.settings.services.find(entry => entry.name === service)?.sites ?? [];
  const sets = truth.records(service).filter(set => set.type !== 'TXT');
  const families = FAMILIES.filter(family => sets.some(set => set.type === RECORD_TYPE[family]));
  const leads = (value: string) =>
    sites.find(site => Object.values(site.addresses).includes(value))?.name ?? value;
  return { sites: [...new Set(sets.flatMap(set => set.values.map(leads)))], families };
}

const STATES: readonly ConditionPhrase[] = [
  state('SERVICE CLASS [at STATION]', 'The verdict on it, there or wherever it was judged last.', found => {
    const [service, wanted] = [found.text('SERVICE'), found.one('CLASS', VERDICT_CLASSES)];
    const station = found.has('STATION') ? found.text('STATION') : null;
    const verdict = ({ ledger }: View) => ledger.newest(service, station)?.decision.verdict.class ?? null;
    return {
      holds: view => verdict(view) === wanted,
      now: view => `the verdict is ${verdict(view) ?? 'none yet'}`,
    };
  }),
  state('SERVICE active SITE', 'DNS names this site, and leads to it alone.', found => {
    const [service, site] = [found.text('SERVICE'), found.text('SITE')];
    return {
      holds: view => {
        const epoch = view.truth.epoch(service);
        const { sites } = published(view, service);
        return (epoch === null || epoch.active === site) && sites.length === 1 && sites[0] === site;
      },
      now: view => {
        const named = view.truth.epoch(service)?.active ?? 'none';
        return `DNS leads to ${listed(published(view, service).sites, 'nobody')}, its epoch names ${named}`;
      },
    };
  }),
  state(
    'SERVICE served by SITE',
    'At least 99 in 100 of the public are led there, caches and all.',
    found => {
      const [service, site] = [found.text('SERVICE'), found.text('SITE')];
      return {
        holds: ({ truth }) => truth.served(service, site) >= NEARLY_ALL,
        now: ({ truth }) => `${Math.floor(truth.served(service, site) * 100)} in 100 are`,
      };
    },
  ),
  state('SERVICE published in FAMILIES', 'DNS has addresses in these families and no others.', found => {
    const [service, wanted] = [found.text('SERVICE'), found.families([])];
    const shown = (view: View): readonly Family[] => published(view, service).families;
    return {
      holds: view => shown(view).join() === wanted.join(),
      now: view => `it is published in ${listed(shown(view), 'none')}`,
    };
  }),
  state(
    'SERVICE epoch NUMBER',
    'The epoch that the zone holds; 0: none. The first service of a file begins with 7.',
    found => {
      const [service, wanted] = [found.text('SERVICE'), found.number('NUMBER', COUNTS)];
      const epoch = ({ truth }: View) => truth.epoch(service)?.epoch ?? 0;
      return { holds: view => epoch(view) === wanted, now: view => `it is ${epoch(view)}` };
    },
  ),
  state('SERVICE moved NUMBER times', 'So often did we change its DNS since the beginning.', found => {
    const [service, wanted] = [found.text('SERVICE'), found.number('NUMBER', COUNTS)];
    const moves = ({ ledger }: View) =>
      ledger.deeds.filter(deed => deed.what === 'zone' && deed.services.includes(service)).length;
    return { holds: view => moves(view) === wanted, now: view => `it is ${moves(view)}` };
  }),
  state('SERVICE standing CODE', 'The reason why nothing is done.', found => {
    const [service, wanted] = [found.text('SERVICE'), found.one('CODE', STANDING_CODES)];
    return {
      holds: ({ ledger }) => ledger.standing(service) === wanted,
      now: ({ ledger }) => `it is ${ledger.standing(service) ?? 'none'}`,
    };
  }),
  state('SERVICE held', 'A hold is in force.', found => {
    const service = found.text('SERVICE');
    return { holds: ({ ledger }) => ledger.heldBy(service) !== null, now: () => 'no hold is in force' };
  }),
  state('SERVICE not held', 'No hold is in force.', found => {
    const service = found.text('SERVICE');
    return {
      holds: ({ ledger }) => ledger.heldBy(service) === null,
      now: ({ ledger }) => `${ledger.heldBy(service) ?? 'nobody'} holds it`,
    };
  }),
  state('quarantined SITE of SERVICE', 'The site is kept out until a person clears it.', found => {
    const [service, site] = [found.text('SERVICE'), found.text('SITE')];
    return {
      holds: ({ ledger }) => ledger.quarantined(service).includes(site),
      now: ({ ledger }) => `kept out: ${listed(ledger.quarantined(service), 'none')}`,
    };
  }),
  state('SITE of SERVICE takes writes', 'It is the primary, and its machine is on.', found => {
    const [service, site] = [found.text('SERVICE'), found.text('SITE')];
    return { holds: ({ truth }) => truth.takesWrites(service, site), now: () => 'it takes none' };
  }),
  state('SITE of SERVICE takes no writes', 'It stores nothing: demoted, cut off, or off.', found => {
    const [service, site] = [found.text('SERVICE'), found.text('SITE')];
    return { holds: ({ truth }) => !truth.takesWrites(service, site), now: () => 'it takes writes' };
  }),
];

function touches(service: string | null) {
  return (ledger: Ledger, span: Span) =>
    within(ledger.deeds, span).filter(deed => service === null || deed.services.includes(service));
}

/** @returns the notices with this in their text, each once however often it arrived */
function telling(found: Found) {
  const text = found.text('TEXT');
  const sink = found.has('SINK') ? found.text('SINK') : null;
  return (ledger: Ledger, span: Span) => {
    const all = within(ledger.told, span).filter(told => sink === null || told.sink === sink);
    const hits = all.filter(told => told.text.includes(text));
    return { count: new Set(hits.map(told => told.id)).size, heard: all.map(told => told.text.slice(0, 60)) };
  };
}

const EVENTS: readonly ConditionPhrase[] = [
  event('within', 'SERVICE run ends STATUS', 'A run of it ends like this.', found => {
    const [service, wanted] = [found.text('SERVICE'), found.one('STATUS', RUN_ENDS)];
    const ends = (ledger: Ledger, span: Span) =>
      within(ledger.runEnds, span).filter(end => end.service === service);
    return {
      count: (ledger, span) => ends(ledger, span).filter(end => end.status === wanted).length,
      now: (ledger, span) =>
        listed(
          ends(ledger, span).map(end => `${end.status}${end.note === null ? '' : `: ${end.note}`}`),
          'no run ended',
        ),
    };
  }),
  event('within', 'SERVICE step STEP OUTCOME', 'A step of a run is done, or failed.', found => {
    const [service, step] = [found.text('SERVICE'), found.one('STEP', STEP_KINDS)];
    const outcome = found.one('OUTCOME', ['done', 'failed']);
    const ended = (ledger: Ledger, span: Span) =>
      within(ledger.steps, span).filter(entry => entry.service === service);
    return {
      count: (ledger, span) =>
        ended(ledger, span).filter(entry => entry.step === step && entry.outcome === outcome).length,
      now: (ledger, span) =>
        listed(
          ended(ledger, span).map(entry => `${entry.step} ${entry.outcome}`),
          'no step ended',
        ),
    };
  }),
  event('within', 'SERVICE plan proposed', 'A plan is stored and waits for a person.', found => {
    const service = found.text('SERVICE');
    return {
      count: (ledger, span) => within(ledger.proposals, span).filter(it => it.service === service).length,
      now: () => 'no plan waits',
    };
  }),
  event('within', 'SERVICE refused by ROW', 'The gate refuses the plan by this row.', found => {
    const [service, row] = [found.text('SERVICE'), found.one('ROW', ROWS)];
    const refused = (ledger: Ledger, span: Span) =>
      within(ledger.refusals, span)
        .filter(entry => entry.service === service)
        .flatMap(entry => entry.rows);
    return {
      count: (ledger, span) => refused(ledger, span).filter(code => code === row).length,
      now: (ledger, span) => `refused by ${listed(refused(ledger, span), 'none')}`,
    };
  }),
  event('within', 'notice TEXT [at SINK]', 'People are told something with this in it.', found => {
    const told = telling(found);
    return {
      count: (ledger, span) => told(ledger, span).count,
      now: (ledger, span) => `told was: ${listed(told(ledger, span).heard, 'nothing')}`,
    };
  }),
  event(
    'for',
    'notice TEXT once [at SINK]',
    'They are told it once in all that time, and no more.',
    found => {
      const told = telling(found);
      return {
        most: 1,
        count: (ledger, span) => told(ledger, span).count,
        now: (ledger, span) => `${told(ledger, span).count} times`,
      };
    },
  ),
  event('for', 'no notice TEXT [at SINK]', 'They are not told it.', found => {
    const told = telling(found);
    return { most: 0, count: (ledger, span) => told(ledger, span).count, now: () => 'it was told' };
  }),
  event('for', 'nothing is done [to SERVICE]', 'Nothing is fenced, promoted or written to DNS.', found => {
    const deeds = touches(found.has('SERVICE') ? found.text('SERVICE') : null);
    return {
      most: 0,
      count: (ledger, span) => deeds(ledger, span).length,
      now: (ledger, span) =>
        `done was: ${listed(
          deeds(ledger, span).map(deed => `${deed.what} ${deed.site ?? deed.services.join('+')}`),
          'nothing',
        )}`,
    };
  }),
  event('ever', 'never promoted SITE of SERVICE', 'It is not promoted up to the end.', found => {
    const [service, site] = [found.text('SERVICE'), found.text('SITE')];
    return {
      most: 0,
      count: (ledger, span) =>
        touches(service)(ledger, span).filter(deed => deed.what === 'promoted' && deed.site === site).length,
      now: () => 'it was promoted',
    };
  }),
];

export const CONDITIONS: readonly ConditionPhrase[] = [...STATES, ...EVENTS];
