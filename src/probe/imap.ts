/** imap: greeting and CAPABILITY (RFC 9051), STARTTLS or TLS from the start if wished, then LOGOUT. Does not log in. */
import type { Fields } from '../ports/fields.ts';
import { ProbeFailure } from './attempt.ts';
import { Conversation } from './conversation.ts';
import { dial, secure } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { portField, STARTTLS_FIELDS, settings } from './settings.ts';

const FIELDS = {
  port: portField(null, 'TCP port; 143, with `tls` 993.'),
  ...STARTTLS_FIELDS,
} as const satisfies Fields;

/** Untagged lines before a tagged answer. */
const ANSWER_LINES_CAP = 100;

export const imap: ProbeKind = {
  kind: 'imap',
  title: 'IMAP greeting and CAPABILITY, with STARTTLS if asked for',
  fields: FIELDS,
  defaultPort: 143,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const name = wanted.host ?? target.publicName;
    const socket = await dial(attempt, target.address, wanted.port ?? (wanted.tls ? 993 : 143));
    let talk = new Conversation(attempt, wanted.tls ? await secure(attempt, socket, name, wanted) : socket);

    const greeting = await talk.line('greeting');
    const kind = /^\* (OK|PREAUTH|BYE)\b/i.exec(greeting)?.[1]?.toUpperCase();
    if (kind === undefined) throw new ProbeFailure('protocol', `not IMAP: ${greeting}`);
    if (kind === 'BYE') throw new ProbeFailure('status', greeting);
    attempt.facts.banner = greeting;
    const offers = await ask(talk, 'u1', 'CAPABILITY');
    const capabilities = offers.find(line => /^\* CAPABILITY /i.test(line));
    if (capabilities === undefined) throw new ProbeFailure('protocol', 'CAPABILITY without capabilities');
    if (wanted.starttls && !wanted.tls) {
      if (!/ STARTTLS( |$)/i.test(capabilities)) throw new ProbeFailure('status', 'STARTTLS is not offered');
      await ask(talk, 'u2', 'STARTTLS');
      talk = new Conversation(attempt, await secure(attempt, talk.release(), name, wanted));
      await ask(talk, 'u3', 'CAPABILITY');
    }
    attempt.verdict = { ok: true, detail: greeting };
    await talk.leave('u4 LOGOUT');
    return attempt.verdict;
  },
};

/** Sends a command and reads up to its tagged answer. @returns the untagged lines @throws ProbeFailure */
async function ask(talk: Conversation, tag: string, command: string): Promise<string[]> {
  talk.send(`${tag} ${command}`);
  const untagged: string[] = [];
  while (untagged.length < ANSWER_LINES_CAP) {
    const line = await talk.line(`answer to ${command}`);
    if (line.startsWith(`${tag} `)) {
      if (/^\S+ OK\b/i.test(line)) return untagged;
      throw new ProbeFailure('status', `answer to ${command}: ${line}`);
    }
    if (/^\* BYE\b/i.test(line)) throw new ProbeFailure('status', line);
    if (!line.startsWith('* ')) throw new ProbeFailure('protocol', `not IMAP: ${line}`);
    untagged.push(line);
  }
  throw new ProbeFailure('protocol', `no end of the answer to ${command}`);
}
