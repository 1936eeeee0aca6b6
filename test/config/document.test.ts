/** Files that are no config at all: each gets a sentence and a place, never the parser's own words. */
import assert from 'node:assert/strict';
import { MAX_FILE_BYTES, parseConfig } from '../../src/config/document.ts';
import { changed, FULL, load, problemsOf } from './helper.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]`;

const CASES: readonly (readonly [
  name: string,
  file: string | Uint8Array,
  message: RegExp,
  line: number,
  column?: number,
])[] = [
  ['an empty file', '', /is empty/, 1],
  ['comments only', '# nothing\n\n', /is empty/, 1],
  ['a list', '- a\n- b\n', /must be a mapping/, 1],
  ['a scalar', 'hello', /must be a mapping/, 1],
  ['a repeated key', 'mode: act\nstate: x\nmode: observe\n', /given twice/, 3, 1],
  ['a repeated key inside', 'a: { b: 1, b: 2 }', /given twice/, 1, 12],
  ['two documents', 'mode: act\n---\nmode: act\n', /second document/, 2],
  ['a tab', 'a:\n\tb: 1\n', /tab/, 2],
  ['an open bracket', 'a: [1, 2\n', /bracket/, 2],
  ['an open quote', 'a: "b\n', /missing/, 2],
  ['a colon in a value', 'a: b: c\n', /cannot begin here/, 1],
  ['an alias of nothing', 'a: *nothing\n', /anchor that does not exist/, 1],
  ['an alias of itself', 'a: &a [*a]\n', /too deeply|anchor/, 1],
  ['a bomb of aliases', BOMB, /more than 20000 values/, 1],
  ['a tag', 'a: !!binary aGk=\n', /tag/, 1],
  ['a tag of one’s own', 'a: !secret x\n', /tag/, 1],
  ['a key that is a list', '? [a]\n: b\n', /one plain word/, 1],
  ['deep nesting', `a: ${'['.repeat(30)}${']'.repeat(30)}`, /too deeply/, 1],
  ['very deep nesting', `a: ${'['.repeat(100_000)}`, /too deeply|missing/, 1],
  ['deep lists in block form', '- '.repeat(60_000), /too deeply/, 1],
  ['deep mappings in block form', `${'? '.repeat(60_000)}a`, /too deeply/, 1],
  [
    'deep nesting after text that looks like brackets',
    `a: "]]"\nb: '['\nc: ${'['.repeat(70)}`,
    /too deeply/,
    3,
  ],
  ['a huge file', `a: ${'x'.repeat(MAX_FILE_BYTES)}`, /more than 131072/, 1],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0]), /UTF-16/, 1],
  ['Latin-1', new Uint8Array([0x61, 0x3a, 0x20, 0x62, 0x0a, 0x23, 0xe4, 0x0a]), /not UTF-8/, 2],
  ['a NUL', 'a: b\nc: d\u0000\n', /control character/, 2, 5],
  ['an escape sequence', 'a: \u001b[31m\n', /control character/, 1, 4],
];

describe('parseConfig', () => {
  for (const [name, file, message, line, column] of CASES)
    it(`refuses ${name}`, () => {
      const parsed = parseConfig(typeof file === 'string' ? bytes(file) : file);
      assert.ok('problems' in parsed);
      const [problem] = parsed.problems;
      assert.ok(problem);
      assert.match(problem.message, message);
      assert.equal(problem.line, line);
      if (column !== undefined) assert.equal(problem.column, column);
    });

  it('finds every repeated key', () => {
    const parsed = parseConfig(bytes('a: 1\na: 2\nb: { c: 1, c: 2 }\n'));
    assert.deepEqual('problems' in parsed && parsed.problems.map(problem => problem.line), [2, 3]);
  });

  it('bounds the number of values, whatever form they come in', () => {
    const many = `a: [${'1,'.repeat(21_000)}1]`;
    const parsed = parseConfig(bytes(many));
    assert.ok('problems' in parsed);
    assert.match(parsed.problems[0]?.message ?? '', /more than 20000 values/);
  });

  it('reads a file with a byte order mark, and one from Windows', async () => {
    assert.equal((await load(`\ufeff${FULL}`)).settings.mode, 'act');
    assert.equal((await load(FULL.replaceAll('\n', '\r\n'))).settings.mode, 'act');
  });

  it('quotes nothing of the source', async () => {
    const [problem] = await problemsOf(changed('{ env: HCLOUD_TOKEN }', '"hunter22secret'));
    assert.ok(problem);
    assert.ok(!JSON.stringify(problem).includes('hunter22'));
  });
});
