/** Ids from the system's random source. */
import { randomBytes } from 'node:crypto';
import type { Ids } from '../ports/clock.ts';

/** Crockford's base 32: no i, l, o, u, so that an id can be read out over the phone. 32 letters take 5 bits of a byte evenly. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** 60 bits: with a million ids in one store, two are equal once in two million such stores. */
const LENGTH = 12;

export const randomIds: Ids = {
  next: prefix => `${prefix}-${Array.from(randomBytes(LENGTH), byte => LETTERS[byte % 32]).join('')}`,
};
