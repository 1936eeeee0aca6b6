/** Nothing a peer says may move a cursor or forge a line. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clean, TEXT_CAP } from '../../src/probe/text.ts';

describe('probe: clean text', () => {
  it('keeps plain text and other scripts', () => {
    assert.equal(clean('220 mail.example.org Grüße 日本 🚀'), '220 mail.example.org Grüße 日本 🚀');
  });

  it('takes out line ends, escapes, C1 controls, bidirectional marks and lone surrogates', () => {
    assert.equal(clean('a\r\nb\u001b[2Jc\u009bd\u202ee\u2028f\ud800g\u200bh\0'), 'a b [2Jc d e f g h');
  });

  it('cuts at the cap with an ellipsis, never in the middle of a pair', () => {
    const cut = clean(`${'x'.repeat(TEXT_CAP - 2)}🚀🚀🚀`);
    assert.equal(cut, `${'x'.repeat(TEXT_CAP - 2)}…`);
  });

  it('holds for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), raw => {
        const text = clean(raw);
        assert.ok(text.length <= TEXT_CAP);
        assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});
