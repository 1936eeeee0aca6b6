/**
 * Hetzner Cloud as a HostProvider: the abuse lock per family, the power state, and power commands that count only
 * when they were read back. The vendor's limit is 3600 requests an hour for a whole project, refilled at one a second.
 */
import type { HostReading } from '../../model/signal.ts';
import { ProviderError } from '../../ports/errors.ts';
import type { HostProvider } from '../../ports/providers.ts';
import { retrying } from '../retry.ts';
import type { VendorContext } from '../vendor.ts';
import { about } from './about.ts';
import { createConnection } from './client.ts';
import type { Connection } from './connection.ts';
import { timedOut } from './failures.ts';
import type { PowerSettings } from './power.ts';
import { bringTo } from './power.ts';
import type { HostSettings } from './settings.ts';
import { readSettings } from './settings.ts';
import { parseId, readBlockedPrimaryIps, readHost } from './wire.ts';

/** What the primary IPs are paged by; the vendor's maximum. A project with more than 50 has only the first asked. */
const PAGE = 50;

/**
 * @param params the fields of about.ts; what is left out takes the default from there
 * @throws ProviderError `provider-unauthorized` for a token that can't be one, `provider-rejected` for an unsafe endpoint
 */
export function create(params: Readonly<Record<string, unknown>>, context: VendorContext): HostProvider {
  const settings = readSettings(params);
  return createOver(createConnection({ ...settings, clock: context.clock }), settings, context);
}

/** The whole adapter but for what carries its requests: over.ts makes a connection of anything that can. */
export function createOver(
  connection: Connection,
  settings: HostSettings,
  context: VendorContext,
): HostProvider {
  const power = { ...context, ...settings };
  return {
    kind: 'hcloud',
    capabilities: about.capabilities,
    describe: async (server, signal) => {
      const id = checkId(server);
      const reading = await describeOnce(connection, id, power, signal);
      return settings.askPrimaryIps ? withPrimaryIps(connection, id, reading, signal) : reading;
    },
    powerOff: async (server, signal, mayAct) =>
      bringTo(connection, power, checkId(server), 'off', signal, mayAct),
    powerOn: async (server, signal) => bringTo(connection, power, checkId(server), 'running', signal),
  };
}

/** One second try, for what may be a hiccup of the way or of a gateway; anything else the next cycle asks again. */
async function describeOnce(
  connection: Connection,
  id: number,
  settings: PowerSettings,
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
    return await retrying(ask, {
      clock: settings.clock,
      random: settings.random,
      signal,
      retries: 1,
      firstPauseMs: settings.retryPauseMs,
      isWorthIt: ({ code }) => code === 'provider-unreachable' || code === 'provider-failed',
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
