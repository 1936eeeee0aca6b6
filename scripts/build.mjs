/**
 * Builds dist/ from src/: `node scripts/build.mjs [--entry FILE] [--out DIR] [--cold]`.
 *
 * A cron job starts the program every minute, so start-up is what counts. Measured against an empty script: plain
 * ES modules 4.7×, one bundle of ES modules 3.8×, CommonJS with V8's cached bytecode and a quick way to libsql 2.4×.
 * V8 bytecode can be cached only for classic scripts in Node 20 (NODE_COMPILE_CACHE came with 22.1), hence:
 *   1. bundle as ES modules with code splitting: the vendors' clients, the server and the sandbox stay apart and
 *      are read only when they are imported;
 *   2. turn each piece into CommonJS, `import()` into a late `require()`; top-level await cannot pass here;
 *   3. run the commands that must start fast, and keep the bytecode of what they compiled beside each piece.
 * dist/understudy.js loads the pieces (scripts/build/launcher.cjs); bytecode of another Node is ignored by V8.
 * Source maps stay beside the pieces; stack traces name src/ files.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { latePackages } from './build/late-packages.mjs';
import { nativeLibsql } from './build/native-libsql.mjs';
import { warm } from './build/warm.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const VERSION = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;

/** Programs of their own: the CLI, and the sandbox's child process that plays a site. */
const ENTRIES = { understudy: 'src/main.ts', 'sandbox-site': 'src/sandbox/site/entry.ts' };

/** Writes the pieces as ES modules into `stage`. @returns esbuild's account of them */
async function bundle(entries, stage) {
  const result = await build({
    entryPoints: entries,
    absWorkingDir: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    outdir: stage,
    entryNames: '[name]',
    chunkNames: 'chunk-[name]-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    charset: 'ascii',
    legalComments: 'none',
    metafile: true,
    define: { UNDERSTUDY_VERSION: JSON.stringify(VERSION) },
    plugins: [nativeLibsql, latePackages],
  });
  return result.metafile;
}

/** Turns the staged ES modules into CommonJS in `out`, composing the source maps. */
async function toCommonJs(pieces, out) {
  await build({
    entryPoints: pieces,
    bundle: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    outdir: out,
    sourcemap: 'linked',
    sourcesContent: false,
    charset: 'ascii',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl' },
  });
  for (const piece of pieces) {
    const path = join(out, `${relative(dirname(pieces[0]), piece)}.map`);
    const map = JSON.parse(readFileSync(path, 'utf8'));
    map.sources = map.sources.map(source => relative(ROOT, resolve(out, source)));
    writeFileSync(path, JSON.stringify(map));
  }
}

/** Builds all of it, without the bytecode, into the folder `out`. */
async function assemble(entries, out) {
  const app = join(out, 'app');
  const stage = join(out, 'stage');
  mkdirSync(app, { recursive: true });
  // package.json of the project says "module"; what is built here is not, and esbuild's interop looks there too.
  writeFileSync(
    join(out, 'package.json'),
    `${JSON.stringify({ type: 'commonjs', node: process.version })}\n`,
  );
  const metafile = await bundle(entries, stage);
  const pieces = Object.keys(metafile.outputs)
    .filter(path => path.endsWith('.js'))
    .map(path => resolve(ROOT, path));
  await toCommonJs(pieces, app);
  rmSync(stage, { recursive: true });

  copyFileSync(join(ROOT, 'scripts/build/stack.cjs'), join(app, 'stack.cjs'));
  for (const name of Object.keys(entries)) {
    copyFileSync(join(ROOT, 'scripts/build/launcher.cjs'), join(out, `${name}.js`));
    chmodSync(join(out, `${name}.js`), 0o755);
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      entry: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'dist') },
      cold: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(`usage: node scripts/build.mjs [--entry FILE] [--out DIR] [--cold]

Builds dist/ from src/. --entry builds another file in place of src/main.ts, --out into another folder;
--cold records no bytecode.`);
    return;
  }
  const entries = {
    ...ENTRIES,
    ...(values.entry === undefined ? {} : { understudy: resolve(values.entry) }),
  };
  const out = resolve(values.out);
  // Built beside and moved in one go, so that a running program never finds half of it.
  const scratch = join(dirname(out), '.tmp', `build-${process.pid}`);
  try {
    await assemble(entries, join(scratch, 'new'));
    if (!values.cold) await warm(join(scratch, 'new'));
    if (existsSync(out)) renameSync(out, join(scratch, 'old'));
    renameSync(join(scratch, 'new'), out);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

await main();
