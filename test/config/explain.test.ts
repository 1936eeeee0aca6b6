/** The lines that an operator reads, word for word; and the page of `config schema`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Problem } from '../../src/config/problem.ts';
import { ConfigError, explainProblem } from '../../src/config/problem.ts';
import { configSchema, renderSchema } from '../../src/config/schema.ts';
import { MODES } from '../../src/model/service.ts';
import { fixture, problemsOf } from './helper.ts';

/** With UNDERSTUDY_GOLDEN=write the golden files are written anew, to be looked at in the diff. */
function golden(name: string, text: string): void {
  if (process.env.UNDERSTUDY_GOLDEN === 'write')
    writeFileSync(new URL(`fixtures/${name}`, import.meta.url), text);
  assert.equal(text, fixture(name), `fixtures/${name} differs; UNDERSTUDY_GOLDEN=write writes it anew`);
}

const problem: Problem = {
  file: 'a.yaml',
  line: 3,
  column: 7,
  path: 'mode',
  value: '"atc"',
  allowed: 'observe, act',
  nearest: 'act',
  message: 'is wrong',
  severity: 'error',
};

describe('explainProblem', () => {
  it('explains a broken config as the golden file has it', async () => {
    const problems = await problemsOf(fixture('broken.yaml'));
    golden('broken.txt', `${problems.map(explainProblem).join('\n')}\n`);
  });

  it('leaves out what is not there', () => {
    assert.equal(
      explainProblem(problem),
      'a.yaml:3:7: error: mode: is wrong; found "atc"; allowed: observe, act; did you mean act?',
    );
    assert.equal(
      explainProblem({
        ...problem,
        path: '',
        value: null,
        allowed: null,
        nearest: null,
        severity: 'warning',
      }),
      'a.yaml:3:7: warning: is wrong',
    );
  });

  it('stays one line of plain text, whatever the file holds', async () => {
    const nasty = '"\\x1b]0;title\\a\\n\\u202eevil\\u2028x"';
    for (const text of [
      `mode: ${nasty}\n`,
      `${nasty}: 1\n`,
      `services: { ${nasty}: 1 }\n`,
      `runner: ${'x'.repeat(900)}\n`,
    ])
      for (const each of await problemsOf(text)) {
        const line = explainProblem(each);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
        assert.ok(line.length < 600, line);
      }
  });

  it('puts the first error into the message of the exception', () => {
    const error = new ConfigError('a.yaml', [{ ...problem, severity: 'warning' }, problem, problem]);
    assert.equal(error.message, `the config a.yaml is refused: ${explainProblem(problem)} (and 1 more)`);
    assert.equal(error.problems.length, 3);
  });
});

describe('configSchema', () => {
  it('is plain JSON that names every key with its default', () => {
    const schema = configSchema();
    assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
    const find = (path: string, key: string) =>
      schema.sections.find(section => section.path === path)?.fields.find(field => field.key === key);
    assert.deepEqual(find('', 'mode'), {
      key: 'mode',
      doc: find('', 'mode')?.doc,
      required: false,
      default: 'propose',
      allowed: MODES.join(', '),
    });
    assert.equal(find('services.NAME.dns', 'zone')?.required, true);
    assert.equal(find('providers.NAME (kind: hcloud)', 'request_timeout')?.default, '10s');
    assert.equal(
      find('providers.NAME (kind: route53)', 'access_key_id')?.allowed,
      '{ env: NAME } or { file: /path }',
    );
    assert.equal(find('services.NAME.probes[] (kind: https)', 'tls_verify')?.default, true);
    assert.equal(find('services.NAME.policy', 'HEALTHY')?.allowed, 'observe');
  });

  it('documents every key', () => {
    for (const section of configSchema().sections)
      for (const field of section.fields) assert.ok(field.doc.length > 5, `${section.path} ${field.key}`);
  });

  it('renders as a page that keeps to its width', () => {
    const page = renderSchema(configSchema(), 72);
    for (const line of page.split('\n')) assert.ok(line.length <= 72 || !line.trim().includes(' '), line);
    assert.match(page, /^services\.NAME\.sites\[\]$/m);
    assert.match(page, /^ {4}block_window$/m);
    assert.match(page, /^ {4}zone \(required\)$/m);
    assert.match(page, /default 1h$/m);
  });
});
