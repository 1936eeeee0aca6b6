/** Lines out of bytes, and the small parsers above them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ProbeFailure } from '../../src/probe/attempt.ts';
import { LINE_CAP, LineBuffer, TALK_CAP } from '../../src/probe/conversation.ts';
import { parseMessage } from '../../src/probe/irc.ts';
import { parseReplyLine } from '../../src/probe/smtp.ts';

function linesOf(pieces: readonly Uint8Array[]): string[] {
  const buffer = new LineBuffer();
  for (const piece of pieces) buffer.push(Buffer.from(piece));
  const lines: string[] = [];
  for (let line = buffer.shift(); line !== undefined; line = buffer.shift()) lines.push(line);
  return lines;
}

const isProtocol = (thrown: unknown) => thrown instanceof ProbeFailure && thrown.failure === 'protocol';

describe('probe: lines', () => {
  it('are the same whatever way the bytes are cut', () => {
    const bytes = fc
      .uint8Array({ maxLength: 60 })
      .map(raw => raw.map(byte => (byte % 5 === 0 ? 10 : byte % 7 === 0 ? 13 : byte)));
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 12 }), pieces => {
        const whole = Buffer.concat(pieces);
        const expected: string[] = [];
        let from = 0;
        for (let at = whole.indexOf(10); at !== -1; at = whole.indexOf(10, from)) {
          expected.push(whole.toString('utf8', from, at > from && whole[at - 1] === 13 ? at - 1 : at));
          from = at + 1;
        }
        assert.deepEqual(linesOf(pieces), expected);
      }),
      { numRuns: 300 },
    );
  });

  it('have a cap, also when the line end comes in the end', () => {
    assert.throws(() => linesOf([Buffer.alloc(LINE_CAP + 1, 'a')]), isProtocol);
    assert.throws(() => linesOf([Buffer.from(`${'a'.repeat(LINE_CAP + 1)}\n`)]), isProtocol);
    assert.equal(linesOf([Buffer.from(`${'a'.repeat(LINE_CAP)}\n`)]).length, 1);
  });

  it('have a cap on all of them together', () => {
    const lines = Buffer.from('spam\r\n'.repeat(1000));
    assert.throws(
      () => linesOf(Array.from({ length: TALK_CAP / lines.length + 1 }, () => lines)),
      isProtocol,
    );
  });
});

describe('probe: replies', () => {
  it('reads SMTP reply lines', () => {
    assert.deepEqual(parseReplyLine('250-SIZE 1000'), { code: 250, last: false, text: 'SIZE 1000' });
    assert.deepEqual(parseReplyLine('220 hello'), { code: 220, last: true, text: 'hello' });
    assert.deepEqual(parseReplyLine('250'), { code: 250, last: true, text: '' });
    for (const line of ['', '25', '2500 x', '999 x', '250_x', 'HTTP/1.1 200'])
      assert.equal(parseReplyLine(line), null);
  });

  it('reads IRC messages with tags and prefixes', () => {
    assert.deepEqual(parseMessage('@time=1 :irc.example.org 001 me :Welcome to it'), {
      command: '001',
      params: ['me', 'Welcome to it'],
    });
    assert.deepEqual(parseMessage('ping a'), { command: 'PING', params: ['a'] });
    assert.deepEqual(parseMessage('PING :'), { command: 'PING', params: [''] });
    for (const line of ['', ':only.a.prefix', '12 x', 'P1NG x', ' x']) assert.equal(parseMessage(line), null);
  });

  it('takes any text without harm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), line => {
        const message = parseMessage(line);
        if (message !== null) assert.match(message.command, /^([A-Z]+|[0-9]{3})$/);
        parseReplyLine(line);
      }),
    );
  });
});
