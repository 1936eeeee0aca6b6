/**
 * The build takes the program apart and puts it together again in another module system; what could go wrong on the way
 * is tried here on a small program with the same ingredients.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorkspace } from '../workspace.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const MAIN = `/** A small program. */
import { createRequire } from 'node:module';
declare const UNDERSTUDY_VERSION: string;

function fail(): never {
  throw new TypeError('on purpose');
}

const deeds: Record<string, () => Promise<unknown>> = {
  version: async () => UNDERSTUDY_VERSION,
  // A CommonJS package of many names, and an ES one.
  late: async () => typeof (await import('@aws-sdk/client-route-53')).Route53Client + typeof (await import('p-retry')).default,
  shared: async () => (await import('./late.ts')).made instanceof (await import('./shared.ts')).Shared,
  sql: async () => {
    const { default: Database } = await import('libsql');
    return (new Database(':memory:').prepare('select 6 * 7 as answer').get() as { answer: number }).answer;
  },
  stack: async () => {
    try {
      fail();
    } catch (error) {
      return (error as Error).stack;
    }
  },
  place: async () => typeof createRequire(import.meta.url),
};
deeds[process.argv[2] ?? '']?.().then(value => console.log(JSON.stringify(value)), error => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** @returns stdout of the built program, parsed */
function ask(out: string, deed: string, ...node: string[]): unknown {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...node, join(out, 'understudy.js'), deed],
    { encoding: 'utf8', cwd: '/' },
  );
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

describe('tidy: the build', () => {
  let out: string;
  const caches = () => readdirSync(join(out, 'app')).filter(name => name.endsWith('.cache'));

  before(function () {
    this.timeout(60_000);
    const folder = makeWorkspace('build');
    writeFileSync(join(folder, 'main.ts'), MAIN);
    writeFileSync(join(folder, 'shared.ts'), 'export class Shared {}\n');
    writeFileSync(
      join(folder, 'late.ts'),
      "import { Shared } from './shared.ts';\nexport const made = new Shared();\n",
    );
    out = join(folder, 'dist');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    execFileSync(process.execPath, [
      join(ROOT, 'scripts/build.mjs'),
      '--cold',
      '--entry',
      join(folder, 'main.ts'),
      '--out',
      out,
    ]);
  });

  it('is an executable with a shebang', () => {
    assert.match(readFileSync(join(out, 'understudy.js'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
    assert.ok(statSync(join(out, 'understudy.js')).mode & 0o100);
  });

  it('knows its version', () => {
    assert.equal(ask(out, 'version'), JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
  });

  it('gives late imports the names that Node gives them', () => {
    assert.equal(ask(out, 'late'), 'functionfunction');
  });

  it('has one copy of what early and late pieces share', () => assert.equal(ask(out, 'shared'), true));

  it('keeps import.meta.url', () => assert.equal(ask(out, 'place'), 'function'));

  it('finds the native part of libsql', () => assert.deepEqual(ask(out, 'sql'), 42));

  it('shows the places of the sources in a stack trace', () => {
    assert.match(String(ask(out, 'stack')), /^TypeError: on purpose\n {4}at fail \(\S*main\.ts:6:9\)/);
  });

  it('records bytecode, uses it, and does without it when it is spoilt', () => {
    const recorder = join(ROOT, 'scripts/build/record-bytecode.cjs');
    assert.deepEqual(caches(), []);
    ask(out, 'stack', '--require', recorder);
    assert.ok(caches().includes('understudy.js.cache'));
    assert.match(String(ask(out, 'stack')), /main\.ts:6:9/);
    for (const name of caches()) writeFileSync(join(out, 'app', name), 'no bytecode at all');
    assert.match(String(ask(out, 'stack')), /main\.ts:6:9/);
    for (const name of caches()) truncateSync(join(out, 'app', name), 0);
    assert.deepEqual(ask(out, 'sql'), 42);
  });
});
