/** The whole language as rows, for `understudy simulate --help`, the README and whoever writes an editor for it. */
import { CONDITIONS, type ConditionPhrase } from './conditions.ts';
import { HAPPENINGS } from './happenings.ts';
import { END } from './parse.ts';
import { SETUP } from './setup.ts';
import { SITE_CLAUSES } from './site-clauses.ts';
import { SLOTS } from './slots.ts';

export interface Entry {
  readonly pattern: string;
  readonly doc: string;
}

const ENDINGS = {
  moment: ' [within|for DURATION]',
  within: ' within DURATION',
  for: ' for DURATION',
  ever: '',
} as const satisfies Record<ConditionPhrase['span'], string>;

export const CHAPTERS = ['what there is', 'a site, after a comma', 'at TIME …', 'expect …', 'words'] as const;
export type Chapter = (typeof CHAPTERS)[number];

/** @returns every sentence of the language with what it means, by chapter, in the order of the tables */
export function vocabulary(): Readonly<Record<Chapter, readonly Entry[]>> {
  const plain = ({ pattern, doc }: Entry): Entry => ({ pattern, doc });
  return {
    'what there is': SETUP.map(plain),
    'a site, after a comma': SITE_CLAUSES.map(plain),
    'at TIME …': [...HAPPENINGS, END].map(plain),
    'expect …': CONDITIONS.map(({ pattern, doc, span }) => ({ pattern: pattern + ENDINGS[span], doc })),
    words: Object.entries(SLOTS).map(([pattern, { doc, words }]) => ({
      pattern,
      doc: words === undefined ? doc : `${doc}: ${words.join(', ')}`,
    })),
  };
}
