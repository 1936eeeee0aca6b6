/** The built program, as a user runs it. Built here when a bare mocha run finds it missing; `./scripts/test` keeps it fresh. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @returns argv up to the words of the command */
export function builtProgram(): readonly string[] {
  const path = `${ROOT}dist/understudy.js`;
  if (!existsSync(path)) execFileSync(process.execPath, [`${ROOT}scripts/build.mjs`], { stdio: 'ignore' });
  return [process.execPath, path];
}
