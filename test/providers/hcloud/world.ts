/** The Hetzner emulator as the world of the conformance suite, and the adapter with short pauses. */
import { Secret } from '../../../src/model/secret.ts';
import type { HostProvider } from '../../../src/ports/providers.ts';
import { create } from '../../../src/providers/hcloud/hcloud.ts';
import type { HcloudEmulator } from '../../../src/sandbox/hcloud/hcloud.ts';
import { startHcloud } from '../../../src/sandbox/hcloud/hcloud.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { Hits, HostMakeOptions, HostWorld } from '../../conformance/host-provider.ts';
import { canaries } from '../../secrets.ts';

/** A token of the right form that the emulator does not take. */
export const WRONG_TOKEN = [...canaries.hcloudToken].reverse().join('');

export interface HcloudWorld extends HostWorld {
  readonly emulator: HcloudEmulator;
}

const ONLY: Readonly<Record<Hits, RegExp>> = { reads: /^GET /, commands: /^POST /, all: /^/ };
const DENY = {
  unauthorized: [403, 'forbidden'],
  throttled: [429, 'rate_limit_exceeded'],
  busy: [423, 'locked'],
  rejected: [422, 'invalid_input'],
  broken: [503, 'unavailable'],
} as const;

export async function hcloudWorld(): Promise<HcloudWorld> {
  const emulator = await startHcloud({
    token: canaries.hcloudToken,
    servers: [
      { id: 42, name: 'web', ipv4: '192.0.2.42', ipv6: '2001:db8:42::1' },
      { id: 43, name: 'other', ipv4: '192.0.2.43' },
    ],
    actionMs: 30,
  });
  const { faults, requests } = emulator;
  return {
    emulator,
    server: '42',
    nobody: '4242',
    malformed: [
      '',
      '0',
      '-1',
      '1e3',
      ' 42',
      '42/actions',
      '../42',
      'web',
      '42?x',
      '99999999999999999999',
      '٤٢',
    ],
    secrets: [canaries.hcloudToken, WRONG_TOKEN],
    faults: {
      refuse: (n, hits) => faults.refuse(n, ONLY[hits]),
      hang: (n, hits) => faults.hang(n, ONLY[hits]),
      html: (n, hits, status) => faults.html(n, ONLY[hits], status),
      garbage: (n, kind, hits) => faults.garbage(n, kind, ONLY[hits]),
      late: (ms, n, hits) => faults.late(ms, n, ONLY[hits]),
      loseReply: n => faults.loseReply(n),
      lie: n => faults.lie(n),
      fail: n => faults.failAction(n),
      deny: (meaning, n, hits) => faults.status(DENY[meaning][0], n, ONLY[hits], DENY[meaning][1]),
      echo: n => faults.echo(422, n),
      clear: () => faults.clear(),
    },
    power: () => emulator.server(42).status,
    lock: (family, blocked) => emulator.lock(42, { [family]: true }, blocked),
    requests: () => requests.length,
    commands: () => requests.filter(({ method }) => method === 'POST').length,
    whenRequests: count => emulator.whenRequests(count),
    offline: () => emulator.offline(),
    close: () => emulator.close(),
  };
}

/** The adapter with pauses of a few ms, against `endpoint`. */
export function makeHcloud(
  endpoint: string,
  options: HostMakeOptions & { readonly primaryIps?: boolean } = {},
): HostProvider {
  const token = options.wrongSecret ? WRONG_TOKEN : canaries.hcloudToken;
  return create(
    {
      token: new Secret(token, 'env HCLOUD_TOKEN'),
      endpoint,
      requestTimeout: options.requestTimeoutMs ?? 5_000,
      pollInterval: 10,
      attempts: 4,
      retryPause: options.pauseMs ?? 5,
      primaryIps: options.primaryIps ?? true,
    },
    { clock: systemClock, random: Math.random },
  );
}
