/**
 * A directory for what a test writes: state files, logs, configs, sockets. All lie under one directory of the run
 * (UNDERSTUDY_TEST_DIR, set by `./scripts/test`), which is searched for canary secrets when the tests are done: so
 * leave the files there. Paths are kept short, since a Unix socket's path may have 107 bytes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function makeBase(): string {
  const given = process.env.UNDERSTUDY_TEST_DIR;
  if (given !== undefined) {
    mkdirSync(given, { recursive: true, mode: 0o755 });
    return given;
  }
  // A bare mocha run: nobody will search it, so nothing is kept.
  const base = mkdtempSync(join(tmpdir(), 'us-'));
  process.env.UNDERSTUDY_TEST_DIR = base;
  process.once('exit', () => rmSync(base, { recursive: true, force: true }));
  return base;
}

let base: string | null = null;

/**
 * Makes a new, empty directory of mode 0700 for one test or suite. Do not remove it.
 * @param name a few letters that say whose it is (`store`, `sshd`)
 * @returns its absolute path
 */
export function makeWorkspace(name: string): string {
  base ??= makeBase();
  return mkdtempSync(join(base, `${name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 16)}-`));
}
