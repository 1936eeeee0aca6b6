/**
 * From the text of a scenario to what the simulator runs and what is expected of it. What there is comes first, then what
 * happens, so that a sentence can be held against the names of the whole file. Nothing is thrown before the last line has
 * been read: a person mends a file in one go.
 */
import { buildCast } from '../cast.ts';
import type { Cast, Happening, Script } from '../script.ts';
import { CONDITIONS, type ConditionPhrase } from './conditions.ts';
import { Draft } from './draft.ts';
import type { Expectation } from './expect.ts';
import { HAPPENINGS } from './happenings.ts';
import { checkNames } from './names.ts';
import { type HappeningPhrase, type Phrase, Where } from './phrases.ts';
import { Problems } from './problems.ts';
import { readSentence, type Sentence } from './sentence.ts';
import { SETUP } from './setup.ts';
import { SITE_CLAUSES } from './site-clauses.ts';
import { WordError } from './slots.ts';
import { unquoted, unspoken } from './meant.ts';
import { type Line, linesOf, MAX_LINES, openingComment, type Word } from './text.ts';
import { isTimed, LONGEST_MS, MOST_DAYS, needsDays, readTimes, type Timed } from './times.ts';

export interface Scenario {
  readonly file: string;
  /** The comment it begins with: what it is about. */
  readonly about: readonly string[];
  readonly script: Script;
  readonly expectations: readonly Expectation[];
  /** Time of day at its beginning, ms since midnight of its first day. */
  readonly beginsMs: number;
  /** Its times are told with their day. */
  readonly withDays: boolean;
  /** What its writer may not have meant, a sentence each. */
  readonly notes: readonly string[];
}

/** After the last span has ended, so that what it set off comes to rest. */
const REST_MS = 60_000;

/** The last sentence of a scenario that is to go on for a while. */
export const END: Phrase = {
  pattern: 'the story ends',
  doc: 'Left out: a minute after the last thing that happens or is expected.',
};

/**
 * @param text of the file @param file its name, for messages
 * @throws ScenarioError with every mistake
 */
export function parseScenario(text: string, file: string): Scenario {
  const problems = new Problems(file);
  const all = linesOf(text);
  const lines = all.filter(({ number }) => number <= MAX_LINES);
  const further = all[lines.length];
  if (further !== undefined)
    problems.add(further.number, 1, 'is a line too many', [`at most ${MAX_LINES} lines`]);
  for (const line of lines)
    if (line.openQuote !== null) problems.add(line.number, line.openQuote, 'nothing closes this quote');
  const draft = new Draft();
  for (const line of lines) if (!isTimed(line)) readSetup(line, draft, problems);
  checkSetup(draft, problems);
  const setupIsSound = !problems.any;
  const { cast, sound } = build(draft, problems);
  const { timed, beginsMs, jumps } = readTimes(lines.filter(isTimed), draft.beginsMs, problems);
  const story = new Story(cast, setupIsSound && sound, problems);
  for (const line of timed) story.read(line);
  problems.settle();
  const lengthMs = story.endsAt ?? story.lastAt + REST_MS;
  const expectations = story.expectations.map(one => ({ ...one, to: Math.min(one.to, lengthMs) }));
  const script = { seed: draft.seed, cast, happenings: story.happenings, lengthMs, startsAtMs: beginsMs };
  const withDays = jumps.length > 0 || needsDays(beginsMs, lengthMs);
  const notes = expectations.length > 0 ? jumps : [...jumps, NOTHING_EXPECTED];
  return { file, about: openingComment(text), script, expectations, beginsMs, withDays, notes };
}

const NOTHING_EXPECTED = 'nothing is expected in it: only the invariants are held';

/** Runs what the maker of a sentence does, and reports what it cannot make sense of. */
function making<T>(line: Line, problems: Problems, make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof WordError)) throw error;
    problems.add(line.number, error.word ?? line.words[0]?.column ?? 1, error.message, error.allowed);
    return null;
  }
}

function readSetup(line: Line, draft: Draft, problems: Problems): void {
  const hint = unspoken(line);
  if (hint !== null) {
    problems.add(line.number, line.words[0] ?? 1, 'is not understood here', ['at', 'expect'], hint);
    return;
  }
  const isSite = ({ pattern }: Phrase) => pattern.startsWith('site ');
  const head = readSentence(SETUP, line, line.words, 0, problems, isSite, ['at', 'expect']);
  if (head === null) return;
  if (head.phrase.inService === true && draft.service === null) {
    problems.add(line.number, line.words[0]?.column ?? 1, 'stands above the first `service`');
    return;
  }
  making(line, problems, () => head.phrase.make(head.found, draft));
  let { end } = head;
  while (end < line.words.length) {
    const clause = readSentence(SITE_CLAUSES, line, line.words, end + 1, problems, () => true);
    if (clause === null) return;
    making(line, problems, () => clause.phrase.make(clause.found, draft));
    ({ end } = clause);
  }
}

function checkSetup({ services }: Draft, problems: Problems): void {
  if (services.length === 0) problems.add(1, 1, 'there is no `service` in it');
  for (const { name, sites, parts } of services) {
    if (sites.length === 0) problems.add(1, 1, `service ${name} has no \`site\``);
    const bare = sites.find(site => site.fence?.method === 'none');
    if (bare !== undefined && parts?.length !== 0)
      problems.add(1, 1, `site ${bare.name} of ${name} has no fence: only a \`stateless\` service may`);
  }
}

function build(draft: Draft, problems: Problems): { readonly cast: Cast; readonly sound: boolean } {
  try {
    return { cast: draft.build(), sound: true };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add(1, 1, error.message);
    return { cast: buildCast({ services: [] }), sound: false };
  }
}

/** A sentence about what is expected, with one of the ends it may have. */
interface Ending extends Phrase {
  readonly condition: ConditionPhrase;
  readonly ending: 'moment' | 'within' | 'for' | 'ever';
}

const ENDINGS = {
  moment: ['moment', 'within', 'for'],
  within: ['within'],
  for: ['for'],
  ever: ['ever'],
} as const;
const EXPECTED: readonly Ending[] = CONDITIONS.flatMap(condition =>
  ENDINGS[condition.span].map(ending => ({
    condition,
    ending,
    doc: condition.doc,
    pattern: `expect ${condition.pattern}${ending === 'within' || ending === 'for' ? ` ${ending} DURATION` : ''}`,
  })),
);
const BEFALLS: readonly (HappeningPhrase | Ending | Phrase)[] = [...EXPECTED, ...HAPPENINGS, END];

class Story {
  readonly happenings: Happening[] = [];
  readonly expectations: Expectation[] = [];
  endsAt: number | null = null;
  lastAt = 0;
  readonly #cast: Cast;
  readonly #where: Where;
  readonly #namesCount: boolean;
  readonly #problems: Problems;

  /** @param namesCount false: the cast is not what was meant, so no name is held against it */
  constructor(cast: Cast, namesCount: boolean, problems: Problems) {
    this.#cast = cast;
    this.#where = new Where(cast);
    this.#namesCount = namesCount;
    this.#problems = problems;
  }

  read({ line, words, at }: Timed): void {
    const bare = unquoted(words);
    if (bare !== null && !this.#cast.settings.services.some(({ name }) => name === 'notice')) {
      const message = 'is not in quotes, as the text of a notice must be';
      this.#problems.add(line.number, bare, message, [], `"${bare.text}"`);
      return;
    }
    const sentence = readSentence(BEFALLS, line, words, 0, this.#problems);
    if (sentence === null) return;
    if (this.#namesCount) checkNames(sentence.found, this.#cast, line.number, this.#problems);
    making(line, this.#problems, () => this.#add(sentence, line, at));
  }

  #add({ phrase, found }: Sentence<HappeningPhrase | Ending | Phrase>, line: Line, at: number): void {
    const [, time, day] = line.words;
    this.#reaches(at, (time?.text === 'day' ? day : time) ?? null);
    if ('condition' in phrase) {
      const { condition, ending } = phrase;
      const spanMs =
        ending === 'moment' ? 0 : ending === 'ever' ? Number.POSITIVE_INFINITY : found.ms('DURATION');
      const to = at + spanMs;
      if (ending !== 'ever') this.#reaches(to, found.has('DURATION') ? found.word('DURATION') : null);
      const throughout = ending === 'for';
      const { number, source } = line;
      this.expectations.push({
        line: number,
        source,
        condition: condition.make(found),
        from: at,
        to,
        throughout,
      });
    } else if ('make' in phrase) {
      const happening = { at, ...phrase.make(found, this.#where) };
      this.happenings.push(happening);
      // A hold may well outlast the story.
      if ('forMs' in happening && happening.kind !== 'hold')
        this.#reaches(at + (happening.forMs ?? 0), found.has('DURATION') ? found.word('DURATION') : null);
    } else this.endsAt = at;
  }

  /** @param word that makes the story so long @throws WordError when it gets too long */
  #reaches(at: number, word: Word | null): void {
    if (at > LONGEST_MS)
      throw new WordError(word, 'makes the story too long', [`at most ${MOST_DAYS} days from its beginning`]);
    this.lastAt = Math.max(this.lastAt, at);
  }
}
