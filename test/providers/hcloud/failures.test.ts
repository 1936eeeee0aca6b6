/** The way to Hetzner's API fails in the stack's words and the vendor's; both become the codes of the ports. */
import assert from 'node:assert/strict';
import { fromAnswer, fromNetwork } from '../../../src/providers/hcloud/failures.ts';

const command = { what: 'power off server 42', write: true };
const reading = { what: 'read server 42', write: false };
const same = (text: string) => text;

describe('hcloud failures', () => {
  it('knows of each network error whether a command may have got through', () => {
    const table = [
      ['ECONNREFUSED', 'provider-unreachable', 'no', true],
      ['ENOTFOUND', 'provider-unreachable', 'no', true],
      ['EAI_AGAIN', 'provider-unreachable', 'no', true],
      ['EHOSTUNREACH', 'provider-unreachable', 'no', true],
      ['ENETUNREACH', 'provider-unreachable', 'no', true],
      ['ECONNRESET', 'provider-unreachable', 'unknown', true],
      ['EPIPE', 'provider-unreachable', 'unknown', true],
      ['ETIMEDOUT', 'provider-unreachable', 'unknown', true],
      ['CERT_HAS_EXPIRED', 'provider-unreachable', 'no', false],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', 'provider-unreachable', 'no', false],
      ['ERR_TLS_CERT_ALTNAME_INVALID', 'provider-unreachable', 'no', false],
      ['HPE_INVALID_CONSTANT', 'provider-garbage', 'unknown', true],
      ['Z_DATA_ERROR', 'provider-garbage', 'unknown', true],
    ] as const;
    for (const [code, expected, applied, retriable] of table) {
      const error = fromNetwork(command, Object.assign(new Error(`x ${code}`), { code }), same);
      assert.deepEqual([error.code, error.applied, error.retriable], [expected, applied, retriable], code);
      assert.equal(fromNetwork(reading, { code }, same).applied, 'no');
    }
  });

  it('takes anything that may be thrown', () => {
    for (const thrown of [null, undefined, 'text', 7, {}, new TypeError('x')])
      assert.equal(fromNetwork(command, thrown, same).code, 'provider-unreachable');
  });

  it('reads the meaning of a status with its vendor code', () => {
    const table = [
      [403, 'forbidden', 'provider-unauthorized', 'no'],
      [403, 'resource_limit_exceeded', 'provider-rejected', 'no'],
      [404, 'not_found', 'provider-not-found', 'no'],
      [409, 'conflict', 'provider-busy', 'no'],
      [412, 'resource_unavailable', 'provider-failed', 'no'],
      [422, 'invalid_input', 'provider-rejected', 'no'],
      [423, 'locked', 'provider-busy', 'no'],
      [423, 'protected', 'provider-rejected', 'no'],
      [429, 'rate_limit_exceeded', 'provider-throttled', 'no'],
      [500, 'server_error', 'provider-failed', 'unknown'],
      [503, 'unavailable', 'provider-failed', 'unknown'],
    ] as const;
    for (const [status, code, expected, applied] of table) {
      const error = fromAnswer(command, status, { error: { code, message: 'so it is' } }, same);
      assert.deepEqual([error.code, error.applied], [expected, applied], `${status} ${code}`);
      assert.ok(error.message.includes(`HTTP ${status}, ${code}: so it is`));
    }
  });

  it('does not take the word of somebody who is not the API', () => {
    for (const body of [undefined, null, 'x', [], {}, { error: 'x' }, { error: { code: 'Not A Code' } }])
      for (const status of [302, 403, 404, 418])
        assert.equal(fromAnswer(reading, status, body, same).code, 'provider-garbage');
    assert.equal(fromAnswer(reading, 401, undefined, same).retriable, false, 'a login is never tried again');
  });
});
