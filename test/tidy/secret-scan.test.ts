/** The search for leaked secrets must find them in every form in which a careless line would print them. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scanForSecrets } from '../../scripts/lib/scan-secrets.ts';
import { makeCanaries } from '../secrets.ts';
import { makeWorkspace } from '../workspace.ts';

// Made up here: the canaries of the run itself must not be written anywhere.
const own = { ...makeCanaries() };

describe('tidy: the search for leaked secrets', () => {
  const leaky: Readonly<Record<string, (secret: string) => string>> = {
    plain: secret => `token=${secret}\n`,
    base64: secret => `Authorization: Basic ${Buffer.from(`user:${secret}`).toString('base64')}`,
    hex: secret => Buffer.from(secret).toString('hex'),
    'percent-encoded': secret => `GET /?key=${encodeURIComponent(secret)}`,
  };
  for (const [form, leak] of Object.entries(leaky)) {
    it(`finds one that was written ${form}`, () => {
      for (const [name, secret] of Object.entries(own)) {
        const directory = makeWorkspace('leak');
        writeFileSync(join(directory, 'some.log'), `before ${leak(secret)} after`);
        const found = scanForSecrets(directory, own);
        assert.ok(found.length > 0, name);
        assert.deepEqual(new Set(found.map(one => one.secret)), new Set([name]));
      }
    });
  }

  it('finds base64 whatever stands before the secret', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const directory = makeWorkspace('leak');
      const text = Buffer.from(`${before}${own.hcloudToken}: `).toString('base64');
      writeFileSync(join(directory, 'some.log'), text);
      assert.equal(scanForSecrets(directory, own).length, 1, `after "${before}"`);
    }
  });

  it('looks into folders and binary files', () => {
    const directory = makeWorkspace('leak');
    const content = Buffer.concat([Buffer.from([0, 255, 0]), Buffer.from(own.password), Buffer.from([0])]);
    mkdirSync(join(directory, 'a', 'b'), { recursive: true });
    writeFileSync(join(directory, 'a', 'b', 'state.db-wal'), content);
    assert.equal(scanForSecrets(directory, own).length, 1);
  });

  it('says nothing when there is nothing, and refuses what chance could hit', () => {
    const directory = makeWorkspace('leak');
    writeFileSync(join(directory, 'some.log'), 'nothing to see');
    assert.deepEqual(scanForSecrets(directory, own), []);
    assert.throws(() => scanForSecrets(directory, { short: 'abc' }), /too short/);
  });
});
