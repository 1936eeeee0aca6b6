/** Each rule of the house must be able to fail: here it is run over the smallest thing that breaks it. */
import assert from 'node:assert/strict';
import { LONGEST_FILE, LONGEST_FUNCTION } from './house.ts';
import { noForeignPlaces, SOURCE_RULES } from './rules.ts';

type Snippets = readonly (readonly [path: string, text: string, message: RegExp | null])[];

/** A null message: the rule must let it pass. */
const SNIPPETS: Readonly<Record<keyof typeof SOURCE_RULES, Snippets>> = {
  importDirection: [
    [
      'model/a.ts',
      "import type { Clock } from '../ports/clock.ts';",
      /model may not import ports\/clock\.ts/,
    ],
    ['judge/a.ts', "import { readFileSync } from 'node:fs';", /judge may not import node:fs/],
    ['plan/gate/a.ts', "export { x } from '../../execute/b.ts';", /plan may not import execute/],
    ['reconcile/a.ts', "const x = await import('../providers/registry.ts');", /may not import providers/],
    ['ports/a.ts', "type N = import('../store/sqlite.ts').N;", /ports may not import store/],
    ['config/a.ts', "import { x } from '../providers/hcloud/about.ts';", /config may not import providers/],
    ['config/a.ts', "import { x } from '../providers/registry.ts';", null],
    ['judge/a.ts', "import { b } from './b.ts';\nimport type { C } from '../model/c.ts';", null],
    ['attic/a.ts', '', /stands in no room/],
  ],
  noHiddenInputs: [
    ['judge/a.ts', 'const t = Date.now();', /Date\.now belongs to/],
    ['plan/a.ts', 'const t = new Date();', /new Date\(\)/],
    ['plan/a.ts', 'const t = new Date(5);', null],
    ['execute/a.ts', 'const t = performance.now();', /performance\.now/],
    ['execute/a.ts', 'setTimeout(f, 1);', /setTimeout/],
    ['execute/a.ts', 'globalThis.setInterval(f, 1);', /setInterval/],
    ['reconcile/a.ts', "import { setTimeout as pause } from 'node:timers/promises';", /setTimeout/],
    ['announce/a.ts', 'const s = AbortSignal.timeout(5);', /AbortSignal\.timeout/],
    ['announce/a.ts', 'const n = Math.random();', /Math\.random/],
    ['store/a.ts', "import { randomUUID } from 'node:crypto';", /randomUUID/],
    ['store/a.ts', 'const b = crypto.randomBytes(2);', /randomBytes/],
    ['simulate/a.ts', 'await new Promise(setImmediate);', /setImmediate belongs to simulate\/timeline/],
    ['simulate/timeline.ts', 'setImmediate(f);', null],
    ['simulate/a.ts', 'const t = Date.now();', /Date\.now/],
    ['probe/a.ts', 'const h = process.env.HOME;', /process\.env belongs to main\.ts/],
    ['cli/a.ts', 'const a = process.argv[2];', /process\.argv/],
    ['main.ts', 'run(process.env, process.argv, Date.now, Math.random);', null],
    ['system/clock.ts', 'export const now = () => Date.now();', null],
  ],
  fileLength: [
    ['cli/a.ts', 'x;\n'.repeat(LONGEST_FILE), null],
    ['cli/a.ts', 'x;\n'.repeat(LONGEST_FILE + 1), /has 301 lines/],
  ],
  functionLength: [
    ['cli/a.ts', `function f() {\n${'x;\n'.repeat(LONGEST_FUNCTION - 2)}}`, null],
    ['cli/a.ts', `function f() {\n${'x;\n'.repeat(LONGEST_FUNCTION - 1)}}`, /function of 61 lines/],
    ['cli/a.ts', `const f = async () => {\n${'x;\n'.repeat(LONGEST_FUNCTION)}}`, /function of 62 lines/],
    ['cli/a.ts', `class A { m() {\n${'x;\n'.repeat(LONGEST_FUNCTION)}} }`, /function of 62 lines/],
  ],
  opensWithPurpose: [
    ['cli/a.ts', "import x from 'y';", /does not open with a comment/],
    ['cli/a.ts', '/** */\nx;', /does not open with a comment/],
    ['cli/a.ts', '/** Starts things. */\nx;', null],
    ['main.ts', '#!/usr/bin/env node\n// The way in.\nx;', null],
  ],
  noPromises: [
    ['cli/a.ts', `x;\n// ${'TO'}${'DO'}: later`, /cli\/a\.ts:2 unfinished/],
    ['cli/a.ts', 'const todos = 1; // nothing to do', null],
  ],
  noDefaultExports: [
    ['cli/a.ts', 'export default 1;', /default export/],
    ['cli/a.ts', 'export default function f() {}', /default export/],
    ['cli/a.ts', 'const a = 1;\nexport { a as default };', /default export/],
    ['cli/a.ts', 'export const a = 1;', null],
  ],
};

function expect(findings: readonly string[], message: RegExp | null, text: string): void {
  if (message === null) assert.deepEqual(findings, [], text);
  else assert.match(findings.join('\n'), message, text);
}

describe('tidy: each rule can fail', () => {
  for (const [name, snippets] of Object.entries(SNIPPETS) as [keyof typeof SOURCE_RULES, Snippets][]) {
    it(name, () => {
      for (const [path, text, message] of snippets) expect(SOURCE_RULES[name]({ path, text }), message, text);
    });
  }

  it('noForeignPlaces', () => {
    const home = ['', 'home', 'ada', 'understudy'].join('/');
    const registry = ['registry', 'example', 'org'].join('.');
    for (const [text, message] of [
      [`cd ${home}`, /names a folder of one machine/],
      [`fetch('https://${registry}/x')`, /names a package registry/],
      ['  "resolved": "x",', /where a package was fetched from/],
      [`https://mirror/${'arti'}${'factory'}/npm`, /names a package mirror/],
      ["import { x } from './registry.ts';", null],
      ['https://example.org/home/page', null],
    ] as const) {
      expect(noForeignPlaces({ path: 'README.md', text }), message, text);
    }
  });
});
