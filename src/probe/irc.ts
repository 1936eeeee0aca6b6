/**
 * irc: registers like a client and waits for 001, because a server that accepts and even pings may still let
 * nobody in (its resolver hangs, its link to services is gone). Quits politely, so no "reset by peer" is shown.
 */
import type { Fields } from '../ports/fields.ts';
import { ProbeFailure } from './attempt.ts';
import { Conversation } from './conversation.ts';
import { dial, secure } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings, TLS_FIELDS } from './settings.ts';

const FIELDS = {
  port: portField(null, 'TCP port; 6667, with `tls` 6697.'),
  tls: { doc: 'Speak TLS from the first byte.', format: 'boolean', default: false },
  ...TLS_FIELDS,
  nick: {
    doc: 'First letters of the nickname; digits are added, since the last probe may not be gone yet.',
    format: 'string',
    default: 'probe',
  },
  password: { doc: 'Server password (PASS).', format: 'secret', default: null },
} as const satisfies Fields;

/** Lines before 001: notices, and CAP talk on some servers. */
const LINES_CAP = 200;
/** The shortest NICKLEN in use is 9 (RFC 1459): five letters of the setting and four digits. */
const NICK_LETTERS = 5;

export const irc: ProbeKind = {
  kind: 'irc',
  title: 'IRC server lets a client register (001)',
  fields: FIELDS,
  defaultPort: 6667,
  async run(params, target, attempt, tools) {
    const wanted = settings(FIELDS, params);
    const socket = await dial(attempt, target.address, wanted.port ?? (wanted.tls ? 6697 : 6667));
    const name = wanted.host ?? target.publicName;
    const newNick = () =>
      wanted.nick.slice(0, NICK_LETTERS) + String(tools.randomId() % 10_000).padStart(4, '0');
    const talk = new Conversation(attempt, wanted.tls ? await secure(attempt, socket, name, wanted) : socket);

    if (wanted.password !== null) talk.send(`PASS :${wanted.password.reveal()}`);
    talk.send(`NICK ${newNick()}`);
    talk.send('USER understudy 0 * :understudy probe');
    for (let lines = 0; lines < LINES_CAP; lines += 1) {
      const line = await talk.line('001 (welcome)');
      const said = parseMessage(line);
      if (said === null) throw new ProbeFailure('protocol', `not IRC: ${line}`);
      switch (said.command) {
        case 'PING':
          talk.send(`PONG :${said.params.at(-1) ?? ''}`);
          break;
        case '433': // ERR_NICKNAMEINUSE
        case '436': // ERR_NICKCOLLISION
          talk.send(`NICK ${newNick()}`);
          break;
        case '001':
          attempt.verdict = { ok: true, detail: said.params.at(-1) ?? '001' };
          await talk.leave('QUIT :understudy probe');
          return attempt.verdict;
        case 'ERROR':
          throw new ProbeFailure('status', `refused: ${said.params.at(-1) ?? ''}`);
        default:
          // 432 bad nick, 464 bad password, 465 banned, 451 … : numerics 400–599 are refusals.
          if (/^[45][0-9]{2}$/.test(said.command) && said.command !== '421' && said.command !== '451')
            throw new ProbeFailure('status', `refused: ${said.command} ${said.params.at(-1) ?? ''}`);
      }
    }
    throw new ProbeFailure('protocol', `no 001 in ${LINES_CAP} lines`);
  },
};

/**
 * One message of the IRC client protocol (RFC 2812, tags of IRCv3 skipped).
 * @returns command in upper case and its parameters, or null when the line is none
 */
export function parseMessage(line: string): { command: string; params: string[] } | null {
  // RFC 2812 has no place for these; what is sent back in a PONG must not hold them either.
  if (/[\r\0]/.test(line)) return null;
  let rest = line;
  if (rest.startsWith('@')) rest = afterWord(rest);
  if (rest.startsWith(':')) rest = afterWord(rest);
  const match = /^([A-Za-z]+|[0-9]{3})(?= |$)/.exec(rest);
  if (match === null) return null;
  const params: string[] = [];
  rest = afterWord(rest);
  while (rest !== '') {
    if (rest.startsWith(':')) {
      params.push(rest.slice(1));
      break;
    }
    const cut = rest.indexOf(' ');
    params.push(cut === -1 ? rest : rest.slice(0, cut));
    rest = afterWord(rest);
  }
  return { command: (match[1] ?? '').toUpperCase(), params };
}

function afterWord(text: string): string {
  const cut = text.indexOf(' ');
  return cut === -1 ? '' : text.slice(cut).replace(/^ +/, '');
}
