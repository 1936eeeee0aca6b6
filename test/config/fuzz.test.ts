/**
 * Any file at all ends in settings or in a ConfigError, and no secret of the environment or of a secret file is ever
 * in what comes out. A failure prints the command that repeats it (test/properties/harness.ts).
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { parseHostname } from '../../src/config/address.ts';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';
import { ConfigError, explainProblem } from '../../src/config/problem.ts';
import { parse as parseYaml } from 'yaml';
import { byteEdits, mutateText } from '../properties/bytes.ts';
import { property } from '../properties/harness.ts';
import { jsonMutation, mutateJson } from '../properties/json.ts';
import { canaries } from '../secrets.ts';
import { content, FULL, load } from './helper.ts';

/** What is pasted over parts of a valid config: words of the format, of YAML, and of trouble. */
const SCRAPS = [
  '',
  ' ',
  '\n',
  '\t',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '!x ',
  '|',
  '>',
  '"',
  "'",
  '#',
  '%',
  '---\n',
  '~',
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '.nan',
  '5s',
  '5',
  'x',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  '☃',
  '\u0000',
  '\u202e',
  'env',
  'file',
  '{ env: HCLOUD_TOKEN }',
  '{ file: /run/secrets/aws }',
  '{ file: /run/secrets/lines }',
  '/run/secrets/aws',
  'HCLOUD_TOKEN',
  '192.0.2.9',
  '::1',
  'example.org',
  'act',
  'none',
  'https',
  'webhook',
  '[]',
  '{}',
  '[[]]',
  '[{}]',
] as const;

const LINES = FULL.split('\n');

type Edit = (lines: string[]) => void;

const line = fc.nat({ max: LINES.length - 1 });
const scrap = fc.oneof(fc.constantFrom(...SCRAPS), fc.string({ unit: 'binary', maxLength: 12 }));

const edit: fc.Arbitrary<Edit> = fc.oneof(
  line.map(at => (lines: string[]) => void lines.splice(at, 1)),
  fc.tuple(line, line).map(
    ([from, to]) =>
      (lines: string[]) =>
        void lines.splice(to, 0, lines[from] ?? ''),
  ),
  fc.tuple(line, line).map(
    ([from, to]) =>
      (lines: string[]) =>
        void lines.splice(to, 0, ...lines.splice(from, 3)),
  ),
  fc.tuple(line, scrap).map(([at, text]) => (lines: string[]) => {
    lines[at] = (lines[at] ?? '').replace(/: .*/, () => `: ${text}`);
  }),
  fc.tuple(line, scrap).map(([at, text]) => (lines: string[]) => {
    lines[at] = (lines[at] ?? '').replace(/[\w-]+:/, () => `${text}:`);
  }),
  fc
    .tuple(line, fc.nat({ max: 80 }), fc.nat({ max: 9 }), scrap)
    .map(([at, column, length, text]) => (lines: string[]) => {
      const old = lines[at] ?? '';
      lines[at] = old.slice(0, column) + text + old.slice(column + length);
    }),
  fc.tuple(line, fc.nat({ max: 6 })).map(([at, indent]) => (lines: string[]) => {
    lines[at] = ' '.repeat(indent) + (lines[at] ?? '').trimStart();
  }),
);

const mutant = fc.array(edit, { minLength: 1, maxLength: 5 }).map(edits => {
  const lines = [...LINES];
  for (const change of edits) change(lines);
  return lines.join('\n');
});

const WORLD = { files: { '/run/secrets/lines': content(`one\n${canaries.password}\n`) } };

/** @returns everything that a caller could print */
async function outcome(config: string | Uint8Array): Promise<string> {
  try {
    const { settings, warnings } = await load(config, WORLD);
    return [
      JSON.stringify(settings),
      inspect(settings, { depth: 30, showHidden: true, customInspect: false }),
      ...warnings.map(explainProblem),
    ].join('\n');
  } catch (error) {
    assert.ok(error instanceof ConfigError, inspect(error));
    assert.ok(error.problems.some(problem => problem.severity === 'error'));
    for (const problem of error.problems) {
      assert.ok(problem.line >= 1 && problem.column >= 1);
      assert.doesNotMatch(explainProblem(problem), /[\p{Cc}\p{Cf}]|undefined|\[object/u);
    }
    return [
      inspect(error, { depth: 30 }),
      error.stack,
      JSON.stringify(error),
      ...error.problems.map(explainProblem),
    ].join('\n');
  }
}

function assertNoSecret(text: string): void {
  for (const [name, canary] of Object.entries(canaries))
    assert.ok(!text.includes(canary), `${name} is shown`);
}

const file = import.meta.url;

describe('any config', () => {
  property(
    'ends in settings or a ConfigError and shows no secret: a valid one, changed line by line',
    mutant,
    async config => assertNoSecret(await outcome(config)),
    { file, usual: 120 },
  );

  property(
    'ends in settings or a ConfigError and shows no secret: a valid one, changed key by key',
    jsonMutation,
    async mutation => assertNoSecret(await outcome(mutateJson(parseYaml(FULL), mutation))),
    { file, usual: 150 },
  );

  property(
    'ends in settings or a ConfigError and shows no secret: a valid one, its text damaged',
    byteEdits,
    async edits => assertNoSecret(await outcome(mutateText(FULL, edits))),
    { file, usual: 100 },
  );

  it('a number that YAML spells in words is refused at its place (found by the test above)', async () => {
    const said = await outcome(FULL.replace(/^runner: .*/m, 'runner: .nan'));
    assert.match(said, /runner/);
    assert.match(said, /ConfigError/);
  });

  property(
    'ends in a ConfigError: arbitrary text and bytes',
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(scrap, { maxLength: 40 }).map(parts => parts.join('')),
    ),
    async config => {
      assert.match(await outcome(config), /ConfigError/);
    },
    { file, usual: 200 },
  );

  const pasted = Object.values({ ...canaries, password: canaries.awsSecretAccessKey });
  property(
    'shows no secret that somebody pasted into the file beside its reference',
    fc.tuple(line, fc.constantFrom(...pasted)),
    async ([at, secret]) => {
      const lines = [...LINES];
      lines[at] = (lines[at] ?? '').replace(/: .*/, () => `: ${secret}`);
      // Only what was read from its proper place is known to be a secret; so the references must be whole.
      if (/env:|file:/.test(LINES[at] ?? '') || /^\S|kind:/.test(LINES[at] ?? '')) return;
      try {
        await load(lines.join('\n'), WORLD);
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        assertNoSecret(`${error.stack}\n${error.problems.map(explainProblem).join('\n')}`);
      }
    },
    { file, usual: 80 },
  );
});

describe('durations', () => {
  it('survive being written and read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000_000 }), ms => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
    );
  });

  it('keep their worth in every unit', () => {
    assert.deepEqual(
      ['250ms', '5s', '1.5s', '2m', '1h', '3d', '0s', '0.001s'].map(parseDuration),
      [250, 5_000, 1_500, 120_000, 3_600_000, 259_200_000, 0, 1],
    );
    for (const wrong of ['1.0005s', '0.1ms', '', 's', '1h30m', '٣s', '1 s', '+1s', '1e3s'])
      assert.throws(() => parseDuration(wrong));
  });
});

describe('host names', () => {
  it('come out lower-case, dotless at the end, and stay the same when read again', () => {
    fc.assert(
      fc.property(fc.domain(), domain => {
        const name = parseHostname(`${domain.toUpperCase()}.`, 2, false);
        assert.equal(name, domain.toLowerCase());
        assert.equal(parseHostname(name, 2, false), name);
      }),
    );
  });
});
