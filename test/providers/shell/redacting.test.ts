/** Secrets in the output of commands: none comes through, and the rest is left as it is. */
import assert from 'node:assert/strict';
import { Secret } from '../../../src/model/secret.ts';
import { createLocalPromoter } from '../../../src/providers/shell/local.ts';
import { redacting, secretsIn } from '../../../src/providers/shell/redacting.ts';
import { promoterConformance } from '../../conformance/promoter.ts';

promoterConformance('redacting local', async () => ({
  promoter: redacting(createLocalPromoter(), ['hunter22-hunter22']),
  shell: { kind: 'local' },
  close: async () => {},
}));

describe('redacting promoter', () => {
  async function printed(text: string, secrets: readonly string[]) {
    const lines: string[] = [];
    const { signal } = new AbortController();
    const result = await redacting(createLocalPromoter(), secrets).run(
      { kind: 'local' },
      { argv: ['printf', '%s\n', text], limitMs: 5_000 },
      { signal, onOutput: line => lines.push(line) },
    );
    assert.deepEqual(lines, result.tail);
    return result.tail.join('\n');
  }

  it('takes every occurrence out of lines and tail', async () => {
    assert.equal(
      await printed('a tok$en.1 b tok$en.1tok$en.1\nTOKEN=key+2/=', ['tok$en.1', 'key+2/=']),
      'a [secret] b [secret][secret]\nTOKEN=[secret]',
    );
  });

  it('takes out the longest first, so that no end of one stays', async () => {
    assert.equal(await printed('abcdef abcdefghi', ['abcdef', 'abcdefghi']), '[secret] [secret]');
  });

  it('leaves short ones alone, and the empty one of a config read without secrets', async () => {
    assert.equal(await printed('hello root', ['', 'root', 'hello']), 'hello root');
  });

  it('finds the secrets of the settings at any depth', () => {
    const secret = (value: string) => new Secret(value, 'env X');
    const settings = {
      providers: { hetzner: { kind: 'hcloud', params: { token: secret('one'), url: null } } },
      sinks: [{ name: 'webhook', secret: secret('two') }],
      services: [{ probes: [{ params: { password: secret('three'), codes: [200] } }] }],
    };
    assert.deepEqual(secretsIn(settings), ['one', 'two', 'three']);
  });
});
