/**
 * A planted fault: a mistake that a programmer could really make, as replacements of text in production files. Nothing of
 * it stands in src, so that no switch for being wrong can ever be thrown in earnest; and where a text is no longer there
 * word for word, a test says so, before anybody trusts a variant that changes nothing.
 */

export interface Patch {
  /** From the top of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Variant {
  /** Unique; kebab-case, the mistake in a few words. */
  readonly name: string;
  /** Invariants that it breaks, by their numbers in the design: one of these must be what catches it. */
  readonly breaks: readonly number[];
  /** What the wrong program does, and why somebody would write it so. */
  readonly sentence: string;
  /** Several where the design has several guards against one mistake: all of them must be gone for it to show. */
  readonly patches: readonly Patch[];
}

/** @returns the text with the patch in it @throws RangeError when `find` does not stand there exactly once */
export function applied(patch: Patch, text: string): string {
  const count = text.split(patch.find).length - 1;
  if (count !== 1) throw new RangeError(`${patch.file}: found ${count} times: ${patch.find}`);
  return text.replace(patch.find, () => patch.replace);
}
