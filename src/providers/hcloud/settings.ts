/**
 * The vendor's settings as typed values. The config room has checked them against about.ts; what is checked here is
 * what must hold whoever calls: a token that can be sent, and an endpoint that it may be sent to.
 */
import { BlockList, isIP } from 'node:net';
import { Secret } from '../../model/secret.ts';
import { ProviderError } from '../../ports/errors.ts';
import { fields } from './about.ts';

/** How the adapter goes about it, whatever carries its requests. */
export interface HostSettings {
  readonly pollIntervalMs: number;
  /** Tries of a power command as a whole. */
  readonly attempts: number;
  readonly retryPauseMs: number;
  readonly askPrimaryIps: boolean;
}

export interface HcloudSettings extends HostSettings {
  readonly token: string;
  readonly endpoint: string;
  readonly requestTimeoutMs: number;
}

/**
 * @param params the fields of about.ts; what is left out takes the default from there
 * @throws ProviderError `provider-unauthorized` for a token that can't be one, `provider-rejected` for an unsafe endpoint
 */
export function readSettings(params: Readonly<Record<string, unknown>>): HcloudSettings {
  return {
    endpoint: checkEndpoint(params.endpoint ?? fields.endpoint.default),
    token: checkToken(params.token),
    requestTimeoutMs: Number(params.requestTimeout ?? fields.requestTimeout.default),
    pollIntervalMs: Number(params.pollInterval ?? fields.pollInterval.default),
    attempts: Number(params.attempts ?? fields.attempts.default),
    retryPauseMs: Number(params.retryPause ?? fields.retryPause.default),
    askPrimaryIps: Boolean(params.primaryIps ?? fields.primaryIps.default),
  };
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
