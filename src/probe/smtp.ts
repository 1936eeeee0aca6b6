/** smtp: greeting and EHLO (RFC 5321), STARTTLS (RFC 3207) or TLS from the start if wished, then QUIT. Sends no mail. */
import type { Fields } from '../ports/fields.ts';
import { ProbeFailure } from './attempt.ts';
import { Conversation } from './conversation.ts';
import { dial, secure } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { portField, STARTTLS_FIELDS, settings } from './settings.ts';

const FIELDS = {
  port: portField(null, 'TCP port; 25, with `tls` 465.'),
  ...STARTTLS_FIELDS,
  ehlo: {
    doc: 'Name given in EHLO in place of the public name; some servers refuse to be greeted with their own.',
    format: 'hostname',
    default: null,
  },
} as const satisfies Fields;

/** Lines of one reply; a server's list of extensions is some twenty. */
const REPLY_LINES_CAP = 100;

export const smtp: ProbeKind = {
  kind: 'smtp',
  title: 'SMTP greeting and EHLO, with STARTTLS if asked for',
  fields: FIELDS,
  defaultPort: 25,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const name = wanted.host ?? target.publicName;
    const hello = `EHLO ${wanted.ehlo ?? target.publicName}`;
    const socket = await dial(attempt, target.address, wanted.port ?? (wanted.tls ? 465 : 25));
    let talk = new Conversation(attempt, wanted.tls ? await secure(attempt, socket, name, wanted) : socket);

    const greeting = await ask(talk, null, 'greeting', 220);
    attempt.facts.banner = greeting[0] ?? '';
    const offers = await ask(talk, hello, 'answer to EHLO', 250);
    if (wanted.starttls && !wanted.tls) {
      if (!offers.some(line => /^STARTTLS\s*$/i.test(line)))
        throw new ProbeFailure('status', 'STARTTLS is not offered');
      await ask(talk, 'STARTTLS', 'answer to STARTTLS', 220);
      talk = new Conversation(attempt, await secure(attempt, talk.release(), name, wanted));
      await ask(talk, hello, 'answer to EHLO after STARTTLS', 250);
    }
    attempt.verdict = { ok: true, detail: `220 ${greeting[0] ?? ''}` };
    await talk.leave('QUIT');
    return attempt.verdict;
  },
};

/** Sends a command and reads the whole reply. @returns its text lines, codes removed @throws ProbeFailure */
async function ask(
  talk: Conversation,
  command: string | null,
  awaited: string,
  code: number,
): Promise<string[]> {
  if (command !== null) talk.send(command);
  const texts: string[] = [];
  for (;;) {
    const line = await talk.line(awaited);
    const reply = parseReplyLine(line);
    if (reply === null) throw new ProbeFailure('protocol', `not SMTP: ${line}`);
    texts.push(reply.text);
    if (reply.code !== code) throw new ProbeFailure('status', `${awaited}: ${line}`);
    if (reply.last) return texts;
    if (texts.length >= REPLY_LINES_CAP) throw new ProbeFailure('protocol', `${awaited} has no end`);
  }
}

/** `250-SIZE 1000` → {250, not last, `SIZE 1000`}; null when it is not a reply line. */
export function parseReplyLine(line: string): { code: number; last: boolean; text: string } | null {
  const match = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s.exec(line);
  if (match === null) return null;
  return { code: Number(match[1]), last: match[2] !== '-', text: match[3] ?? '' };
}
