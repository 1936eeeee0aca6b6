/**
 * Bundles the simulator with a variant's patches in it, runs it over seeds in a process of its own, and says which seed
 * caught it. Production files are never touched: the patches are applied while esbuild reads them.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { applied, type Variant } from './variant.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = join(ROOT, 'test/planted/entry.ts');

export interface Search {
  /** First seed. */
  readonly from: number;
  /** Most seeds that are tried. */
  readonly most: number;
  /** Simulated hours a seed. */
  readonly hours: number;
  /** The whole search is given up after this, ms: a wrong program may well hang. */
  readonly limitMs: number;
}

export interface Catch {
  /** Seeds that were run, the last of which caught it. */
  readonly seeds: number;
  readonly seed: number;
  readonly invariant: number;
  readonly sentence: string;
}

export type Outcome = { readonly caught: Catch } | { readonly survived: string };

/** @param variant null: the production code as it is @returns how the search ended; never throws for what the variant does */
export async function search(variant: Variant | null, options: Search): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  try {
    const bundle = join(folder, 'simulator.mjs');
    await bundleWith(variant, bundle);
    return await run(bundle, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundleWith(variant: Variant | null, outfile: string): Promise<void> {
  await build({
    entryPoints: [ENTRY],
    absWorkingDir: ROOT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    outfile,
    logLevel: 'error',
    // Packages in CommonJS ask for Node's modules this way, and for their native parts, which stay in node_modules.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(ROOT, 'package.json'))});`,
    },
    plugins: variant === null ? [] : [planting(variant)],
  });
}

/** @throws from esbuild when a patch does not apply, or its file is no part of what simulations run */
function planting({ name, patches }: Variant): Plugin {
  const wanted = new Set(patches.map(patch => resolve(ROOT, patch.file)));
  const read = new Set<string>();
  return {
    name: `planted ${name}`,
    setup(bundling) {
      bundling.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!wanted.has(path)) return undefined;
        read.add(path);
        return { contents: patched(path, patches), loader: 'ts' };
      });
      bundling.onEnd(() => {
        const unread = [...wanted].filter(path => !read.has(path));
        return unread.length === 0
          ? {}
          : { errors: [{ text: `no part of the simulator: ${unread.join(', ')}` }] };
      });
    },
  };
}

function patched(path: string, patches: Variant['patches']): string {
  return patches
    .filter(patch => resolve(ROOT, patch.file) === path)
    .reduce((text, patch) => applied(patch, text), readFileSync(path, 'utf8'));
}

/** Every file that the variant touches, as it becomes. @throws RangeError when a patch does not apply */
export function patchedFiles({ patches }: Variant): ReadonlyMap<string, string> {
  const files = new Set(patches.map(patch => resolve(ROOT, patch.file)));
  return new Map([...files].map(path => [path, patched(path, patches)]));
}

function run(bundle: string, { from, most, hours, limitMs }: Search): Promise<Outcome> {
  const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const;
  return new Promise(done => {
    execFile(
      process.execPath,
      [bundle, String(from), String(most), String(hours)],
      options,
      (error, stdout, stderr) => {
        if (error !== null) {
          const why = error.killed === true ? `not done within ${limitMs / 1000} s` : problemIn(stderr);
          return done({ survived: `the simulator itself ended: ${why}` });
        }
        const found = JSON.parse(stdout) as Omit<Catch, 'seeds'> | null;
        if (found === null) return done({ survived: `nothing was seen in ${most} seeds of ${hours} h` });
        const { seed, invariant, sentence } = found;
        done({ caught: { seeds: seed - from + 1, seed, invariant, sentence } });
      },
    );
  });
}

function problemIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return lines.find(line => /Error\b/.test(line)) ?? lines.slice(-3).join(' | ');
}
