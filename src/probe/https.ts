/** https: http over TLS, with the certificate verified against the public name and its end as a fact. */
import type { Fields } from '../ports/fields.ts';
import { dial, secure } from './dial.ts';
import { exchange, HTTP_FIELDS } from './http.ts';
import type { ProbeKind } from './kind.ts';
import { portField, settings, TLS_FIELDS } from './settings.ts';

const FIELDS = { port: portField(443), ...HTTP_FIELDS, ...TLS_FIELDS } as const satisfies Fields;

export const https: ProbeKind = {
  kind: 'https',
  title: 'HTTPS answer with an accepted status and a valid certificate',
  fields: FIELDS,
  defaultPort: 443,
  async run(params, target, attempt) {
    const wanted = settings(FIELDS, params);
    const name = wanted.host ?? target.publicName;
    const socket = await dial(attempt, target.address, wanted.port);
    const secured = await secure(attempt, socket, name, wanted);
    return exchange(attempt, secured, wanted.port === 443 ? name : `${name}:${wanted.port}`, wanted);
  },
};
