/** `scripts/planted [NAME …]`: searches for the variants, prints the table as it grows, keeps the golden file when asked. */
import { HEAD, complaint, line, readGolden, SEEDS_MOST, survey, writeGolden } from './table.ts';
import { VARIANTS } from './variants/index.ts';

const names = process.argv.slice(2).filter(argument => !argument.startsWith('-'));
const most = Number(process.env.SEEDS ?? SEEDS_MOST);
const chosen = VARIANTS.filter(({ name }) => names.length === 0 || names.includes(name));
const unknown = names.filter(name => !VARIANTS.some(variant => variant.name === name));
if (unknown.length > 0) {
  console.error(
    `there is no variant ${unknown.join(', ')}; there are: ${VARIANTS.map(v => v.name).join(' ')}`,
  );
  process.exit(2);
}
console.log(HEAD);
const rows = await survey(chosen, { most }, row => console.log(line(row)));
if (process.env.UPDATE_GOLDEN === '1') writeGolden(rows, VARIANTS);
const bounds = new Map(readGolden().map(({ variant, seeds }) => [variant, seeds]));
const complaints = rows.flatMap(row => complaint(row, bounds.get(row.variant.name) ?? most) ?? []);
for (const text of complaints) console.error(text);
console.log(`${rows.length - complaints.length} of ${rows.length} caught as they should be`);
process.exitCode = complaints.length === 0 ? 0 : 1;
