/**
 * Runs the benches as plain Node: their code and the embedded world are bundled first, because a loader of TypeScript in
 * every process of that world would be what is measured. They get a copy of dist/, so that a build meanwhile harms
 * nothing; beside it, because the sandbox finds its site program from where its own code lies.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = join(root, '.tmp', `bench-${process.pid}`);
const bundle = join(copy, 'app', 'bench.mjs');

function clean() {
  rmSync(copy, { recursive: true, force: true });
}

// Ctrl-C in a bench of minutes is ordinary; the children die with their parent.
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));
process.once('exit', clean);

mkdirSync(copy, { recursive: true });
cpSync(join(root, 'dist'), copy, { recursive: true });
await build({
  entryPoints: [join(root, 'scripts/benches/main.ts')],
  outfile: bundle,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(bundle).href);
process.exitCode = await main(process.argv.slice(2), {
  program: join(copy, 'understudy.js'),
  helpers: join(root, 'scripts/benches'),
});
