/** Whatever goes in, what people are sent is one harmless line. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { duration, instant, LINE_BYTES, plain } from '../../src/announce/plain.ts';

/** Strings that are likely to break things: controls, bidi, halves of pairs, routing marks, wide characters. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.string({
    unit: fc.constantFrom(...'# @%/:\r\n\0\t…aü漢🛟\u202E\u2028\uFEFF\uD83D\uDE00\u0301'),
    maxLength: 600,
  }),
);

describe('plain', () => {
  it('gives one line of at most 400 bytes, with nothing in it that is not shown', () => {
    fc.assert(
      fc.property(nasty, text => {
        const line = plain(text);
        assert.ok(Buffer.byteLength(line) <= LINE_BYTES);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        assert.doesNotMatch(line, /^[#@%/ ]| $|\s\s/);
        assert.equal(Buffer.from(line).toString(), line, 'valid Unicode: no character was cut in two');
        assert.equal(plain(line), line, 'twice changes nothing');
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps to any limit', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 0, max: 20 }), (text, limit) => {
        assert.ok(Buffer.byteLength(plain(text, limit)) <= limit);
      }),
    );
  });

  it('leaves good text alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcÄ漢🛟#@%/.,:;()'), maxLength: 60 }), text => {
        assert.equal(plain(`a${text}`), `a${text}`);
      }),
    );
  });

  it('turns line ends into spaces, so that nothing can be smuggled in as a second line', () => {
    assert.equal(plain('QUIT :x\r\nJOIN #y\0'), 'QUIT :x JOIN #y');
    assert.equal(plain(' \u202E#channel @%/ hello'), 'channel @%/ hello');
    assert.equal(plain('\u200B#x'), 'x');
  });

  it('marks a cut, between characters', () => {
    const line = plain('🛟'.repeat(200));
    assert.equal(line, `${'🛟'.repeat(99)}…`);
    assert.equal(plain('abcdef', 2), 'ab');
  });
});

describe('durations and instants', () => {
  it('are said in two units at most', () => {
    const said = [
      0,
      850,
      999.6,
      1_000,
      59_400,
      90_000,
      3_600_000,
      11_100_000,
      86_400_000,
      90_061_000,
      -5_000,
      Infinity,
    ];
    assert.deepEqual(said.map(duration), [
      '0 ms',
      '850 ms',
      '1 s',
      '1 s',
      '59 s',
      '1 min 30 s',
      '1 h',
      '3 h 5 min',
      '1 d',
      '1 d 1 h',
      '-5 s',
      'an unknown time',
    ]);
  });

  it('are in UTC to the second', () => {
    assert.equal(instant(Date.UTC(2026, 10, 23, 2, 35, 10)), '2026-11-23 02:35:10Z');
    assert.equal(instant(Number.NaN), 'an unknown time');
  });
});
