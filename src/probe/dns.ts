/** dns: asks the target, as a name server, for a name; an answer of that type, or the given values, must come. */
import { isIP } from 'node:net';
import type { Fields } from '../ports/fields.ts';
import { canonicalAddress } from './address.ts';
import { ProbeFailure } from './attempt.ts';
import { query } from './dns-query.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings } from './settings.ts';

const FIELDS = {
  port: portField(53, 'UDP port, and TCP for truncated answers.'),
  name: { doc: 'Name to ask for in place of the public name.', format: 'hostname', default: null },
  type: { doc: 'Record type.', format: ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'SOA', 'TXT'], default: 'A' },
  expect: {
    doc: 'Values that must all be among the answers, as a zone file writes them (quotes of TXT may be left out).',
    format: 'strings',
    default: [],
  },
  authoritative: { doc: 'The answer must be authoritative (AA).', format: 'boolean', default: false },
  recursive: { doc: 'Ask with recursion desired, for a resolver.', format: 'boolean', default: false },
} as const satisfies Fields;

export const dns: ProbeKind = {
  kind: 'dns',
  title: 'DNS answer with the wanted type or values',
  fields: FIELDS,
  defaultPort: 53,
  async run(params, target, attempt, tools) {
    const wanted = settings(FIELDS, params);
    const name = wanted.name ?? target.publicName;
    const answer = await query(
      attempt,
      target.address,
      wanted.port,
      { name, type: wanted.type, recursive: wanted.recursive },
      tools.randomId,
    );
    attempt.facts.rcode = answer.rcode;
    if (answer.rcode !== 'NOERROR') throw new ProbeFailure('status', `${answer.rcode} for ${name}`);
    if (wanted.authoritative && !answer.authoritative)
      throw new ProbeFailure('status', `the answer for ${name} is not authoritative`);
    const values = answer.records.filter(record => record.type === wanted.type).map(record => record.value);
    if (values.length === 0) throw new ProbeFailure('status', `no ${wanted.type} record for ${name}`);
    const have = new Set(values.map(comparable));
    const missing = wanted.expect.find(
      value => !have.has(comparable(isIP(value) === 0 ? value : canonicalAddress(value))),
    );
    const found = values.join(', ');
    if (missing !== undefined)
      throw new ProbeFailure('status', `${name} is ${found}, ${missing} was expected`);
    return { ok: true, detail: `${name} ${wanted.type} ${found}` };
  },
};

/** TXT with or without quotes, names in any case and with or without the last dot: one form. */
function comparable(value: string): string {
  const quotes = /^"(.*)"$/s.exec(value);
  return quotes ? (quotes[1] ?? '').replaceAll('" "', '') : value.replace(/\.$/, '').toLowerCase();
}
