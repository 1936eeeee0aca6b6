/** Mutations of XML answers: leaf elements dropped, doubled, renamed, swapped, refilled; as plain data for fast-check. */
import fc from 'fast-check';
import { type ByteEdit, byteEdit, mutateBytes } from './bytes.ts';

const OPERATIONS = ['drop', 'double', 'rename', 'fill', 'swap', 'empty', 'unwrap'] as const;

export interface XmlEdit {
  readonly do: (typeof OPERATIONS)[number];
  readonly at: number;
  readonly other: number;
  readonly scrap: string;
}

const SCRAPS = [
  '',
  ' ',
  'x',
  '0',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '99999999999999999999',
  'true',
  'null',
  '__proto__',
  'constructor',
  '&lt;b&gt;',
  '&#0;',
  '&#x1b;[2J',
  '&#x202e;x',
  '&#13;&#10;x',
  '<![CDATA[x]]>',
  '<a/>',
  '<Name>x</Name>',
  '<!-- -->',
  'a'.repeat(20_000),
];

const xmlEdit: fc.Arbitrary<XmlEdit> = fc.record({
  do: fc.constantFrom(...OPERATIONS),
  at: fc.nat({ max: 999 }),
  other: fc.nat({ max: 999 }),
  scrap: fc.constantFrom(...SCRAPS),
});

export interface XmlMutation {
  readonly edits: readonly XmlEdit[];
  /** Done to the text afterwards. */
  readonly bytes: readonly ByteEdit[];
}

export const xmlMutation: fc.Arbitrary<XmlMutation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      edits: fc.array(xmlEdit, { minLength: 1, maxLength: 3 }),
      bytes: fc.constant([]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      edits: fc.array(xmlEdit, { maxLength: 1 }),
      bytes: fc.array(byteEdit, { minLength: 1, maxLength: 3 }),
    }),
  },
);

export function mutateXml(text: string, { edits, bytes }: XmlMutation): Buffer {
  return mutateBytes(Buffer.from(edits.reduce(once, text)), bytes);
}

/** `<Tag>text</Tag>`, nothing in between. */
const LEAF = /<(\w+)>([^<]*)<\/\1>/g;

function once(text: string, edit: XmlEdit): string {
  const leaves = [...text.matchAll(LEAF)];
  const leaf = leaves[edit.at % Math.max(1, leaves.length)];
  const other = leaves[edit.other % Math.max(1, leaves.length)];
  if (leaf === undefined || other === undefined) return text;
  const [whole, tag = '', content = ''] = leaf;
  const put = (made: string) => text.slice(0, leaf.index) + made + text.slice(leaf.index + whole.length);
  switch (edit.do) {
    case 'drop':
      return put('');
    case 'double':
      return put(whole + (edit.other % 2 === 0 ? whole : `<${tag}>${edit.scrap}</${tag}>`));
    case 'rename':
      return put(`<${tag}X>${content}</${tag}X>`);
    case 'fill':
      return put(`<${tag}>${edit.scrap}</${tag}>`);
    case 'swap':
      return put(`<${tag}>${other[2] ?? ''}</${tag}>`);
    case 'empty':
      return put(`<${tag}/>`);
    case 'unwrap':
      return put(content);
  }
}
