/** Has the freshly built program run by warm-run.ts, so that its bytecode is recorded. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = name => fileURLToPath(new URL(name, import.meta.url));

/**
 * @param out the folder with understudy.js and sandbox-site.js. When it fails, it says so on stderr and the build
 * goes on: without bytecode the program is slower to start, not wrong.
 */
export async function warm(out) {
  // Beside the pieces, because the sandbox finds its site program from where its own code lies.
  const runner = join(out, 'app', 'warm-run.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'us-warm-'));
  try {
    await build({
      entryPoints: [here('warm-run.ts')],
      outfile: runner,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      banner: {
        js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
      },
    });
    const args = [runner, join(out, 'understudy.js'), here('record-bytecode.cjs'), folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  } finally {
    rmSync(runner, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}
