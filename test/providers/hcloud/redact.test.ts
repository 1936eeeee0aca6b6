/** The last filter before a vendor's text becomes an error: nothing of the token, nothing that moves a terminal. */
import assert from 'node:assert/strict';
import { createRedact } from '../../../src/providers/hcloud/redact.ts';
import { canaries } from '../../secrets.ts';

describe('hcloud redact', () => {
  const token = canaries.hcloudToken;
  const redact = createRedact(token);

  it('takes out the token wherever and however often, in any case', () => {
    assert.equal(redact(`a ${token} b ${token.toLowerCase()} c`), 'a [secret] b [secret] c');
  });

  it('takes out a token that somebody cut short, with all that follows', () => {
    assert.equal(redact(`Bearer ${token.slice(0, 30)}… and more`), 'Bearer [secret]');
  });

  it('reads characters of the token that mean something in a pattern literally', () => {
    assert.equal(createRedact('a.b+c/d=')('a.b+c/d= axb+c/d='), '[secret] axb+c/d=');
  });

  it('makes one short line of anything', () => {
    assert.equal(redact('a\r\nb\u0000\u001b[31m\u009b\u2028\u202ec'), 'a b [31m c');
    assert.equal([...redact('é'.repeat(500))].length, 200);
  });
});
