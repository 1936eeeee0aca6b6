/**
 * ssh: the server's identification line (RFC 4253, section 4.2). We send ours too before leaving: a connection
 * without one is what scanners do, and fail2ban bans for it.
 */
import type { Fields } from '../ports/fields.ts';
import { ProbeFailure } from './attempt.ts';
import { Conversation } from './conversation.ts';
import { dial } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings } from './settings.ts';

const FIELDS = { port: portField(22) } as const satisfies Fields;

/** Lines a server may send before its identification. */
const PREAMBLE_CAP = 50;

export const ssh: ProbeKind = {
  kind: 'ssh',
  title: 'SSH server identifies itself',
  fields: FIELDS,
  defaultPort: 22,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const socket = await dial(attempt, target.address, wanted.port);
    const talk = new Conversation(attempt, socket);
    for (let lines = 0; lines <= PREAMBLE_CAP; lines += 1) {
      const line = await talk.line('SSH identification');
      if (!line.startsWith('SSH-')) continue;
      if (!/^SSH-(2\.0|1\.99)-/.test(line)) throw new ProbeFailure('protocol', `not SSH 2: ${line}`);
      talk.send('SSH-2.0-understudy');
      return { ok: true, detail: line, facts: { banner: line } };
    }
    throw new ProbeFailure('protocol', `no SSH identification in ${PREAMBLE_CAP} lines`);
  },
};
