/** Happenings back in the words of the language: for accounts, and to write a found story down as a scenario. */
import type { Happening } from '../script.ts';
import { HAPPENINGS } from './happenings.ts';
import type { Where } from './phrases.ts';

/** @returns the sentence without its time: `home of mail is locked for 10m` */
export function sayHappening(happening: Happening, where: Where): string {
  for (const phrase of HAPPENINGS) {
    const said = phrase.kind === happening.kind ? phrase.say(happening, where) : null;
    if (said !== null) return said;
  }
  return happening.kind;
}
