/**
 * What the harness bundles: the simulator with one fault planted in the code that it runs. A program of its own, since a
 * wrong variant may also hang or crash. `node BUNDLE FROM COUNT HOURS` → one line of JSON, the first violation or null.
 */
import { runSeeds } from '../../src/simulate/seeds.ts';

const [from = 1, count = 1, hours = 6] = process.argv.slice(2).map(Number);
const { violations } = await runSeeds({ from, count, hours, stopAtFirst: true });
process.stdout.write(`${JSON.stringify(violations[0] ?? null)}\n`);
