/** The rules of the house (house.ts, rules.ts) over everything that is in the repository. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { PROBE_KINDS } from '../../src/probe/registry.ts';
import { DNS_VENDORS, HOST_VENDORS } from '../../src/providers/registry.ts';
import { OTHER_PROVIDER_FOLDERS, ROOMS, TOP_LEVEL } from './house.ts';
import { loadedWith, noForeignPlaces, noPromises, SOURCE_RULES, type Source } from './rules.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SRC = join(ROOT, 'src');

function sourcesUnder(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(folder, path), 'utf8') }));
}

/** Files that belong to the repository, also before they are added; without git (a source archive) all there are. */
function repositoryFiles(): string[] {
  if (existsSync(join(ROOT, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
    });
    return listed
      .toString()
      .split('\0')
      .filter(path => path !== '' && existsSync(join(ROOT, path)));
  }
  const ours = (path: string) => !/^(node_modules|dist|coverage|\.tmp)(\/|$)/.test(path);
  return readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length))
    .filter(ours);
}

const sources = sourcesUnder(SRC);
const files = repositoryFiles();

describe('tidy: src', () => {
  for (const [name, rule] of Object.entries(SOURCE_RULES)) {
    it(name, () => assert.deepEqual(sources.flatMap(rule), []));
  }

  it('loads what a tick does not need only when it is asked for', () => {
    const byPath = new Map(sources.map(source => [source.path, source]));
    const loaded = new Set(['main.ts']);
    for (const path of loaded) {
      const source = byPath.get(path);
      for (const next of source === undefined ? [] : loadedWith(source)) loaded.add(next);
    }
    assert.ok(loaded.has('cli/simulate.ts') && loaded.size > 30, `${loaded.size} files`);
    const late = /^(simulate|replay|sandbox|server|store|providers\/\w+\/(?!about))\//;
    assert.deepEqual(
      [...loaded].filter(path => late.test(path)),
      [],
    );
  });

  it('has the rooms of the house and no others', () => {
    const strangers = readdirSync(SRC).filter(name => ROOMS[name] === undefined);
    assert.deepEqual(strangers, []);
  });
});

describe('tidy: the repository', () => {
  it('has a fixed top level', () => {
    const seen = new Set(files.map(path => path.split('/')[0] ?? path));
    const strangers = [...seen].filter(name => !name.startsWith('.') && !TOP_LEVEL.includes(name));
    assert.deepEqual(strangers, []);
  });

  it('names no registry and no folder of one machine', () => {
    const texts = files.map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
    assert.deepEqual(texts.flatMap(noForeignPlaces), []);
  });

  it('promises nothing in tests and scripts either', () => {
    const texts = files
      .filter(path => /^(test|scripts|infra)\//.test(path))
      .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
    assert.deepEqual(texts.flatMap(noPromises), []);
  });

  it('skips no test and runs none alone', () => {
    const skips = new RegExp(
      `\\b(describe|it|context)\\.(${['sk' + 'ip', 'on' + 'ly'].join('|')})\\b|this\\.${'sk' + 'ip'}\\(`,
    );
    const found = files.filter(
      path => path.endsWith('.test.ts') && skips.test(readFileSync(join(ROOT, path), 'utf8')),
    );
    assert.deepEqual(found, []);
  });
});

describe('tidy: registries', () => {
  it('every vendor has a folder with about.ts, and the other way round', () => {
    const folders = readdirSync(join(SRC, 'providers'), { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name);
    const vendors = folders.filter(name => existsSync(join(SRC, 'providers', name, 'about.ts')));
    const keys = new Set([...Object.keys(HOST_VENDORS), ...Object.keys(DNS_VENDORS)]);
    assert.deepEqual(vendors.sort(), [...keys].sort());
    const others = folders.filter(
      name => !keys.has(name) && OTHER_PROVIDER_FOLDERS[`${name}/`] === undefined,
    );
    assert.deepEqual(others, []);
  });

  it('every probe kind has a file of its name, and the other way round', () => {
    const kinds = sources
      .filter(({ path }) => /^probe\/[^/]+\.ts$/.test(path))
      .flatMap(({ path, text }) => exportedKinds(path, text).map(name => `${path} ${name}`));
    const expected = Object.entries(PROBE_KINDS).map(([key, { kind }]) => `probe/${key}.ts ${kind}`);
    assert.deepEqual(kinds.sort(), expected.sort());
  });
});

/** Names of the exported constants of type ProbeKind. */
function exportedKinds(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return file.statements
    .filter(ts.isVariableStatement)
    .filter(one => one.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .flatMap(one => [...one.declarationList.declarations])
    .filter(one => one.type?.getText(file) === 'ProbeKind')
    .map(one => one.name.getText(file));
}
