/**
 * The connection over anything that can carry a request: a peer in memory, in virtual time, or another HTTP stack.
 * It makes the same requests as hcloud-js, and what comes back goes through the same judgement as what comes from the
 * real wire.
 */
import { orAborted } from '../or-aborted.ts';
import type { Answer, AskSettings, Client, Connection, Judge } from './connection.ts';
import { connect } from './connection.ts';

export interface Wire {
  /**
   * Carries one request and its whole answer, whatever its status. May stay unsettled: the deadline of the request
   * ends the waiting, and what comes later is not looked at.
   * @param path from the base of the API on, without the query: `/servers/42/actions/poweroff`
   * @param signal fires when nobody waits any more
   * @throws when there is no whole answer, an error with a `code` as Node and axios give it. `ECONNREFUSED`,
   *   `ENOTFOUND`, `EAI_AGAIN`, `EHOSTUNREACH`, `ENETUNREACH`: nothing was sent. `ECONNRESET`, `EPIPE`, `ETIMEDOUT`:
   *   a command may have got through. `ERR_BAD_RESPONSE` with "aborted" in its message: the answer was cut off.
   */
  request(
    method: 'GET' | 'POST',
    path: string,
    params: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<Answer>;
}

export function createConnectionOver(wire: Wire, settings: AskSettings): Connection {
  return connect(settings, (signal, judge) => clientOver(wire, signal, judge));
}

function clientOver(wire: Wire, signal: AbortSignal, judge: Judge): Client {
  const request = async (
    method: 'GET' | 'POST',
    path: string,
    params: Readonly<Record<string, string | number>> = {},
  ) => judge(await orAborted(wire.request(method, path, params, signal), signal));
  return {
    axios: ({ method, url, params }) => request(method, url, params),
    servers: {
      actions: {
        powerOff: id => request('POST', `/servers/${id}/actions/poweroff`),
        powerOn: id => request('POST', `/servers/${id}/actions/poweron`),
      },
    },
    actions: { get: id => request('GET', `/actions/${id}`) },
  };
}
