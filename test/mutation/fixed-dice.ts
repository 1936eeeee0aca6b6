/**
 * Loaded before the tests of ./scripts/mutate: property tests throw the same dice for every mutant, so that two runs
 * over the same code give the same list of survivors.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20 });
