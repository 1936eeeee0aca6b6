/** tls: a handshake and nothing above it, for protocols that have no kind of their own. */
import type { Fields } from '../ports/fields.ts';
import { dial, secure } from './dial.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings, TLS_FIELDS } from './settings.ts';

const FIELDS = { port: portField(443), ...TLS_FIELDS } as const satisfies Fields;

export const tls: ProbeKind = {
  kind: 'tls',
  title: 'TLS handshake with a valid certificate',
  fields: FIELDS,
  defaultPort: 443,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const socket = await dial(attempt, target.address, wanted.port);
    const secured = await secure(attempt, socket, wanted.host ?? target.publicName, wanted);
    return { ok: true, detail: secured.getProtocol() ?? 'TLS' };
  },
};
