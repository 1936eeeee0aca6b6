/**
 * How many mutated inputs a property tries: the one place that says so. The nightly run (UNDERSTUDY_NIGHTLY=1, set by
 * `./scripts/test --nightly`) takes 10,000 of each; the usual one a share, since it stands between a change and its commit.
 */

export const NIGHTLY = process.env.UNDERSTUDY_NIGHTLY === '1';

const NIGHTLY_RUNS = 10_000;
const USUAL_RUNS = 300;

/** @param usual of a property that costs more than the others (a process, a store on disk): its share of the usual run */
export function runs(usual = USUAL_RUNS): number {
  return NIGHTLY ? NIGHTLY_RUNS : usual;
}
