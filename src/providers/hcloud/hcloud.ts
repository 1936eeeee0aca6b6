/**
 * Hetzner Cloud as a HostProvider: the abuse lock per family, the power state, and power commands that count only
 * when they were read back. The vendor's limit is 3600 requests an hour for a whole project, refilled at one a second.
 */
import { BlockList, isIP } from 'node:net';
import pRetry from 'p-retry';
import { Secret } from '../../model/secret.ts';
import type { HostReading } from '../../model/signal.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { HostProvider } from '../../ports/providers.ts';
import type { VendorContext } from '../vendor.ts';
import { about, fields } from './about.ts';
import type { Connection } from './connection.ts';
import { createConnection } from './connection.ts';
import { timedOut } from './failures.ts';
import { bringTo } from './power.ts';
import { parseId, readBlockedPrimaryIps, readHost } from './wire.ts';

/** What the primary IPs are paged by; the vendor's maximum. A project with more than 50 has only the first asked. */
const PAGE = 50;

/**
 * @param params the fields of about.ts; what is left out takes the default from there
 * @throws ProviderError `provider-unauthorized` for a token that can't be one, `provider-rejected` for an unsafe endpoint
 */
export function create(params: Readonly<Record<string, unknown>>, context: VendorContext): HostProvider {
  const { clock } = context;
  const endpoint = checkEndpoint(params.endpoint ?? fields.endpoint.default);
  const connection = createConnection({
    token: checkToken(params.token),
    endpoint,
    requestTimeoutMs: Number(params.requestTimeout ?? fields.requestTimeout.default),
    clock,
  });
  const retryPauseMs = Number(params.retryPause ?? fields.retryPause.default);
  const power = {
    clock,
    retryPauseMs,
    pollIntervalMs: Number(params.pollInterval ?? fields.pollInterval.default),
    attempts: Number(params.attempts ?? fields.attempts.default),
  };
  const askPrimaryIps = Boolean(params.primaryIps ?? fields.primaryIps.default);
  return {
    kind: 'hcloud',
    capabilities: about.capabilities,
    describe: async (server, signal) => {
      const id = checkId(server);
      const reading = await describeOnce(connection, id, retryPauseMs, signal);
      return askPrimaryIps ? withPrimaryIps(connection, id, reading, signal) : reading;
    },
    powerOff: async (server, signal) => bringTo(connection, power, checkId(server), 'off', signal),
    powerOn: async (server, signal) => bringTo(connection, power, checkId(server), 'running', signal),
  };
}

/** One second try, for what may be a hiccup of the way or of a gateway; anything else the next cycle asks again. */
async function describeOnce(
  connection: Connection,
  id: number,
  retryPauseMs: number,
  signal: AbortSignal,
): Promise<HostReading> {
  const asked = { what: `read server ${id}`, write: false };
  const ask = () =>
    connection.ask(
      asked,
      signal,
      body => readHost(body, id),
      client => client.axios({ url: `/servers/${id}`, method: 'GET' }),
    );
  try {
    return await pRetry(ask, {
      retries: 1,
      minTimeout: retryPauseMs,
      randomize: true,
      signal,
      shouldRetry: ({ error }) =>
        error instanceof ProviderError &&
        error.retriable &&
        (error.code === 'provider-unreachable' || error.code === 'provider-failed'),
    });
  } catch (thrown) {
    if (thrown instanceof ProviderError) throw thrown;
    throw timedOut(asked, 'before the caller stopped waiting', 'no');
  }
}

/**
 * The lock flag stands on the server and on its primary IPs; which of the two the vendor sets first is not
 * documented, so either counts. The server's own word is a full reading: without the second opinion it stands alone.
 */
async function withPrimaryIps(
  connection: Connection,
  id: number,
  reading: HostReading,
  signal: AbortSignal,
): Promise<HostReading> {
  const { v4, v6 } = reading.blocked;
  if (v4 !== false && v6 !== false) return reading;
  try {
    const blocked = await connection.ask(
      { what: 'read the primary IPs', write: false },
      signal,
      body => readBlockedPrimaryIps(body, id),
      client => client.axios({ url: '/primary_ips', method: 'GET', params: { page: 1, per_page: PAGE } }),
    );
    return {
      power: reading.power,
      blocked: { v4: v4 === false ? blocked.has('v4') : v4, v6: v6 === false ? blocked.has('v6') : v6 },
    };
  } catch {
    return reading;
  }
}

function checkId(server: string): number {
  const id = parseId(server);
  if (id !== null) return id;
  throw new ProviderError({
    code: 'provider-rejected',
    message: 'Hetzner Cloud: the id of a server is a whole number, this is not',
    next: '`hcloud server list` shows the ids; set `server` of the site to one of them',
  });
}

/** hcloud-js would send "Bearer undefined"; and what is no RFC 6750 token could break the header line. */
function checkToken(token: unknown): string {
  const text = token instanceof Secret ? token.reveal() : '';
  if (/^[A-Za-z0-9._~+/=-]{1,512}$/.test(text)) return text;
  throw new ProviderError({
    code: 'provider-unauthorized',
    message:
      token instanceof Secret
        ? `Hetzner Cloud: what ${token.source} holds is no API token`
        : 'Hetzner Cloud: no token is set',
    next: 'create one in the Hetzner Console under Security, API tokens, with read and write permission',
  });
}

const NEARBY = new BlockList();
NEARBY.addSubnet('127.0.0.0', 8);
NEARBY.addSubnet('10.0.0.0', 8);
NEARBY.addSubnet('172.16.0.0', 12);
NEARBY.addSubnet('192.168.0.0', 16);
NEARBY.addAddress('::1', 'ipv6');
NEARBY.addSubnet('fc00::', 7, 'ipv6');

/** A slip of `http://` would send the token over the Internet for all to read. */
function checkEndpoint(endpoint: unknown): string {
  const url = URL.canParse(String(endpoint)) ? new URL(String(endpoint)) : null;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const near =
    host === 'localhost' || (isIP(host) !== 0 && NEARBY.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
  const plain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (plain && (url.protocol === 'https:' || (url.protocol === 'http:' && near)))
    return url.href.replace(/\/+$/, '');
  throw new ProviderError({
    code: 'provider-rejected',
    message:
      'Hetzner Cloud: `endpoint` must be https, or http to this machine or a private network, without a user in it',
    next: `leave it out for ${fields.endpoint.default}`,
  });
}
