/** Runs the freshly built program once for each command that must start fast, to record its bytecode. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RECORD = fileURLToPath(new URL('record-bytecode.cjs', import.meta.url));

function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', RECORD, program, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 60_000,
    });
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** @param out the folder with understudy.js; without the bytecode the program is slower to start, not wrong */
export async function warm(out) {
  await run(join(out, 'understudy.js'), ['--help']);
}
