/**
 * tcp: a connection and, if wished, a first line. A connection alone is weak proof: the kernel of a machine whose
 * service is stopped still accepts. Give `expect` wherever the protocol greets.
 */
import type { Fields } from '../ports/fields.ts';
import { ProbeFailure } from './attempt.ts';
import { Conversation } from './conversation.ts';
import { dial } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { settings } from './settings.ts';

const FIELDS = {
  port: { doc: 'TCP port.', format: 'port', min: 1, max: 65535 },
  send: { doc: 'A line to send first, ended with CR LF.', format: 'string', default: null },
  expect: { doc: 'Text that must occur in the first line received.', format: 'string', default: null },
} as const satisfies Fields;

export const tcp: ProbeKind = {
  kind: 'tcp',
  title: 'TCP connection, and a first line if one is expected',
  fields: FIELDS,
  defaultPort: null,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const socket = await dial(attempt, target.address, wanted.port);
    const talk = new Conversation(attempt, socket);
    if (wanted.send !== null) talk.send(wanted.send);
    if (wanted.expect === null) return { ok: true, detail: 'connected' };
    const line = await talk.line('first line');
    if (!line.includes(wanted.expect))
      throw new ProbeFailure('status', `the first line is not as expected: ${line}`);
    return { ok: true, detail: line };
  },
};
