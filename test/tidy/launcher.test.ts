/**
 * Two promises of the launcher that the build makes on the way: parts of Node that are loaded late are the same however
 * they are imported, and are not loaded before; and bytecode recorded in one folder names the sources from another.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorkspace } from '../workspace.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const MAIN = `/** A small program. */
import { createHash } from 'node:crypto';
import whole, * as all from 'node:crypto';
import { ChildProcess } from 'node:child_process';

// A whole namespace has to be known by its names, so node:crypto is loaded here.
const loaded = () => (process as unknown as { moduleLoadList: string[] }).moduleLoadList
  .includes('NativeModule child_process');

function fail(): never {
  throw new TypeError('on purpose');
}

const deeds: Record<string, () => unknown> = {
  nothing: () => loaded(),
  named: () => createHash('sha256').update('').digest('hex').slice(0, 8),
  whole: () => whole.createHash === createHash,
  all: () => all.createHash === createHash && Object.keys(all).includes('randomBytes') && 'randomUUID' in all,
  inherits: () => new (class extends ChildProcess {})() instanceof ChildProcess,
  stack: () => {
    try {
      fail();
    } catch (error) {
      return (error as Error).stack;
    }
  },
};
console.log(JSON.stringify(deeds[process.argv[2] ?? '']?.()));
`;

function ask(out: string, deed: string, ...node: string[]): unknown {
  const args = [...node, join(out, 'understudy.js'), deed];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: '/' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe('tidy: the launcher', () => {
  let out: string;

  before(function () {
    this.timeout(60_000);
    const folder = makeWorkspace('launcher');
    writeFileSync(join(folder, 'main.ts'), MAIN);
    out = join(folder, 'dist');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const build = [
      join(ROOT, 'scripts/build.mjs'),
      '--cold',
      '--entry',
      join(folder, 'main.ts'),
      '--out',
      out,
    ];
    execFileSync(process.execPath, build);
  });

  it('loads none of the late parts for an import alone', () => assert.equal(ask(out, 'nothing'), false));

  it('gives their names', () => assert.equal(ask(out, 'named'), 'e3b0c442'));

  it('gives them whole', () => {
    assert.equal(ask(out, 'whole'), true);
    assert.equal(ask(out, 'all'), true);
  });

  it('gives classes to inherit from', () => assert.equal(ask(out, 'inherits'), true));

  it('shows the places of the sources when the bytecode was recorded in another folder', () => {
    ask(out, 'stack', '--require', join(ROOT, 'scripts/build/record-bytecode.cjs'));
    const moved = `${out}-moved`;
    renameSync(out, moved);
    assert.match(String(ask(moved, 'stack')), /^TypeError: on purpose\n {4}at fail \(\S*main\.ts:11:9\)/);
    renameSync(moved, out);
  });
});
