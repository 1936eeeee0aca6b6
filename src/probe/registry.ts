/**
 * Every probe kind, one line each. The files are small: what is heavy (TLS, the HTTP client, the DNS codec) they
 * load when they first run, so the config can read the field tables of all kinds at little cost.
 */
import { command } from './command.ts';
import { dns } from './dns.ts';
import { http } from './http.ts';
import { https } from './https.ts';
import { imap } from './imap.ts';
import { irc } from './irc.ts';
import type { ProbeKind } from './kind.ts';
import { smtp } from './smtp.ts';
import { ssh } from './ssh.ts';
import { tcp } from './tcp.ts';
import { tls } from './tls.ts';

export type { ProbeKind } from './kind.ts';

export const PROBE_KINDS: Readonly<Record<string, ProbeKind>> = {
  http,
  https,
  tcp,
  tls,
  smtp,
  imap,
  irc,
  ssh,
  dns,
  command,
};
