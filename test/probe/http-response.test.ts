/** The response reader: framing as RFC 9112 has it, the same whatever way the bytes were cut, nothing but ProbeFailure. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ProbeFailure } from '../../src/probe/attempt.ts';
import { BODY_CAP, BodyWatch, HEAD_CAP, HttpResponse } from '../../src/probe/http-response.ts';

interface Read {
  status: number;
  body: string;
  done: boolean;
  failure: string | null;
}

function read(pieces: readonly Buffer[], method: 'GET' | 'HEAD' = 'GET', close = false): Read {
  const bodies: Buffer[] = [];
  const response = new HttpResponse(method, bytes => bodies.push(Buffer.from(bytes)));
  let failure: string | null = null;
  try {
    for (const piece of pieces) response.push(piece);
    if (close) response.end();
  } catch (thrown) {
    assert.ok(thrown instanceof ProbeFailure, String(thrown));
    failure = thrown.failure;
  }
  return {
    status: response.status,
    body: Buffer.concat(bodies).toString('latin1'),
    done: response.done,
    failure,
  };
}

const text = (raw: string) => [Buffer.from(raw, 'latin1')];
const head = (lines: string) => `HTTP/1.1 200 OK\r\n${lines}\r\n`;

describe('probe: HTTP response', () => {
  const complete: readonly [string, string, Partial<Read>, ('GET' | 'HEAD')?][] = [
    [
      'a counted body',
      `${head('Content-Length: 5\r\n')}helloEXTRA`,
      { status: 200, body: 'hello', done: true },
    ],
    ['no body at all', head('content-length:0\r\n'), { body: '', done: true }],
    [
      'chunks with extensions and a trailer',
      `${head('Transfer-Encoding: gzip, Chunked\r\n')}5;x=1\r\nhello\r\nA \r\n0123456789\r\n0\r\nX: y\r\n\r\n`,
      { body: 'hello0123456789', done: true },
    ],
    ['bare line feeds', 'HTTP/1.0 200\nContent-Length: 2\n\nok', { status: 200, body: 'ok', done: true }],
    [
      'a body with what looks like a head in it',
      `${head('Content-Length: 6\r\n')}a\n\nb\r\n`,
      { body: 'a\n\nb\r\n', done: true },
    ],
    ['204', 'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n', { status: 204, done: true }],
    ['the answer to HEAD', head('Content-Length: 500\r\n'), { status: 200, done: true }, 'HEAD'],
    [
      'interim answers first',
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head('Content-Length: 0\r\n')}`,
      { status: 200, done: true },
    ],
  ];
  for (const [what, raw, expected, method] of complete) {
    it(`reads ${what}, however it is cut`, () => {
      const whole = read(text(raw), method);
      assert.deepEqual({ ...whole, ...expected, failure: null }, whole);
      assert.deepEqual(
        read(
          [...raw].map(char => Buffer.from(char, 'latin1')),
          method,
        ),
        whole,
      );
    });
  }

  it('reads until the end where nothing says how long it is', () => {
    const raw = `${head('Server: x\r\n')}some`;
    assert.equal(read(text(raw)).done, false);
    assert.deepEqual(read(text(raw), 'GET', true), { status: 200, body: 'some', done: true, failure: null });
  });

  const broken: readonly [string, string, string][] = [
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'protocol'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'protocol'],
    ['no number for a status', 'HTTP/1.1 OK\r\n\r\n', 'protocol'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'protocol'],
    ['101', 'HTTP/1.1 101 Switching\r\n\r\n', 'protocol'],
    ['interim answers for ever', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(11), 'protocol'],
    ['a negative length', head('Content-Length: -1\r\n'), 'protocol'],
    ['two lengths', head('Content-Length: 1, 2\r\n'), 'protocol'],
    ['a chunk size that is none', `${head('Transfer-Encoding: chunked\r\n')}zz\r\n`, 'protocol'],
    ['a chunk longer than announced', `${head('Transfer-Encoding: chunked\r\n')}2\r\nabc\r\n`, 'protocol'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(HEAD_CAP)}`, 'protocol'],
    [
      'a chunk line without end',
      `${head('Transfer-Encoding: chunked\r\n')}5;${'y'.repeat(HEAD_CAP)}`,
      'protocol',
    ],
    [
      'a trailer without end',
      `${head('Transfer-Encoding: chunked\r\n')}0\r\n${'X: y\r\n'.repeat(4000)}`,
      'protocol',
    ],
    ['an end before the answer', '', 'reset'],
    ['an end in the head', 'HTTP/1.1 200 OK\r\nX', 'reset'],
    ['an end in a counted body', `${head('Content-Length: 5\r\n')}hell`, 'reset'],
    ['an end in a chunk', `${head('Transfer-Encoding: chunked\r\n')}5\r\nhell`, 'reset'],
  ];
  for (const [what, raw, failure] of broken) {
    it(`tells ${what} as ${failure}`, () => assert.equal(read(text(raw), 'GET', true).failure, failure));
  }

  it('stops at the cap of the body, in every framing', () => {
    for (const lines of [
      `Content-Length: ${BODY_CAP * 4}\r\n`,
      '',
      'Transfer-Encoding: chunked\r\n\r\nfffffff',
    ]) {
      const bytes = Buffer.alloc(BODY_CAP + 500, 'a');
      const got = read([
        ...text(lines.includes('\r\n\r\n') ? `HTTP/1.1 200 OK\r\n${lines}\r\n` : head(lines)),
        bytes,
      ]);
      assert.equal(got.done, true);
      assert.ok(got.body.length <= BODY_CAP);
    }
  });

  it('gives the same for any bytes in any cut, and fails only as a ProbeFailure', () => {
    const word = fc.constantFrom(
      'HTTP/1.1 200 OK',
      '\r\n',
      '\n',
      'Content-Length: 3',
      'Transfer-Encoding: chunked',
      '3',
      '0',
      'abc',
      ':',
      '\0',
      'HTTP/1.1 100 C',
    );
    const raw = fc.oneof(
      fc.array(word, { maxLength: 30 }).map(words => Buffer.from(words.join(''), 'latin1')),
      fc
        .uint8Array({ maxLength: 300 })
        .map(bytes => Buffer.concat([Buffer.from('HTTP/1.1 200 \r\n'), bytes])),
      fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(raw, fc.array(fc.nat(300), { maxLength: 8 }), (bytes, cuts) => {
        const marks = [
          0,
          ...cuts.map(cut => Math.min(cut, bytes.length)).sort((a, b) => a - b),
          bytes.length,
        ];
        const pieces = marks.slice(1).map((mark, n) => bytes.subarray(marks[n], mark));
        assert.deepEqual(read(pieces, 'GET', true), read([bytes], 'GET', true));
      }),
      { numRuns: 500 },
    );
  });
});

describe('probe: text in a body', () => {
  it('is found across any cut, and only when it is there', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b') }),
        fc.array(fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b') }), { maxLength: 12 }),
        (needle, pieces) => {
          const watch = new BodyWatch(needle);
          for (const piece of pieces) watch.push(Buffer.from(piece));
          assert.equal(watch.satisfied, pieces.join('').includes(needle));
        },
      ),
    );
  });
});
