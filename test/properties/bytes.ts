/** Mutations of bytes and text, as plain data that fast-check can print and shrink: flips, cuts, repeats, and scraps of trouble. */
import fc from 'fast-check';

const OPERATIONS = [
  'flip',
  'set',
  'cut',
  'drop',
  'insert',
  'replace',
  'double',
  'repeat',
  'move',
  'number',
] as const;

export interface ByteEdit {
  readonly do: (typeof OPERATIONS)[number];
  /** Position in parts per million of the length, so that it means the same place in inputs of any length. */
  readonly at: number;
  readonly length: number;
  /** Latin-1 bytes. */
  readonly scrap: string;
}

const latin = (text: string): string => Buffer.from(text).toString('latin1');

export const SCRAPS: readonly string[] = [
  '',
  '\0',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\r',
  ' ',
  '\t',
  '\u001b[2J',
  '\u001b]0;owned\u0007',
  '\u0007',
  '\u009b1A',
  '\u007f',
  '\u00ff',
  '\u00ff\u00fe',
  '\u00c3',
  '\u00ed\u00a0\u0080', // a surrogate in UTF-8
  '\u00f8\u0088\u0080\u0080\u0080',
  latin('\u202eevil\u202c'),
  latin('\u2028'),
  latin('☃'),
  '{',
  '}',
  '[',
  '"',
  "'",
  '\\',
  '%',
  '%00',
  '%s',
  '${x}',
  '$&',
  '<',
  '&',
  ']]>',
  '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>',
  '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>',
  '<!ENTITY x SYSTEM "file:///etc/passwd">',
  '&#0;',
  '&x;',
  '__proto__',
  'constructor',
  'null',
  '-1',
  '1e999',
  '99999999999999999999',
  '0x10',
  '../',
  ' 200 ',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'ffffffff\r\n',
];

const GIANTS: readonly string[] = [
  'a'.repeat(70_000),
  '\n'.repeat(9000),
  '\0'.repeat(70_000),
  '<a>'.repeat(5000),
  '('.repeat(9000),
];

export const byteEdit: fc.Arbitrary<ByteEdit> = fc.record({
  do: fc.constantFrom(...OPERATIONS),
  at: fc.nat({ max: 1_000_000 }),
  length: fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 300 })),
  scrap: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...SCRAPS) },
    {
      weight: 10,
      arbitrary: fc.uint8Array({ maxLength: 24 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    },
    { weight: 1, arbitrary: fc.constantFrom(...GIANTS) },
  ),
});

export const byteEdits = fc.array(byteEdit, { minLength: 1, maxLength: 5 });

/** @returns a new buffer; `bytes` stays as it is */
export function mutateBytes(bytes: Buffer, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce<Buffer>((made, edit) => once(made, edit), Buffer.from(bytes));
}

export function mutateText(text: string, edits: readonly ByteEdit[]): string {
  return mutateBytes(Buffer.from(text), edits).toString();
}

function once(bytes: Buffer, edit: ByteEdit): Buffer {
  const at = Math.floor((edit.at / 1_000_001) * (bytes.length + 1));
  const end = Math.min(bytes.length, at + edit.length);
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  const scrap = Buffer.from(edit.scrap, 'latin1');
  switch (edit.do) {
    case 'flip':
    case 'set': {
      const copy = Buffer.from(bytes);
      const old = copy[at];
      if (old !== undefined)
        copy[at] = edit.do === 'flip' ? old ^ (1 << (edit.length % 8)) : edit.length % 256;
      return copy;
    }
    case 'cut':
      return edit.length % 9 === 8 ? Buffer.alloc(0) : before;
    case 'drop':
      return Buffer.concat([before, after]);
    case 'insert':
      return Buffer.concat([before, scrap, piece, after]);
    case 'replace':
      return Buffer.concat([before, scrap, after]);
    case 'double':
      return Buffer.concat([bytes, bytes]).subarray(0, 1 << 20);
    case 'repeat':
      return Buffer.concat([before, ...Array.from({ length: 1 + (edit.length % 20) }, () => piece), after]);
    case 'move':
      return Buffer.concat([piece, before, after]);
    case 'number': {
      const digit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;
      const first = bytes.findIndex((byte, index) => index >= at && digit(byte));
      if (first === -1) return bytes;
      let last = first;
      while (digit(bytes[last])) last += 1;
      return Buffer.concat([
        bytes.subarray(0, first),
        Buffer.from(edit.scrap === '' ? '-1' : edit.scrap, 'latin1'),
        bytes.subarray(last),
      ]);
    }
  }
}
