/** Route 53's adapter against the emulator, through the suite that every DnsProvider has to pass. */
import { Secret } from '../../../src/model/secret.ts';
import { create } from '../../../src/providers/route53/route53.ts';
import { type Route53Emulator, startRoute53 } from '../../../src/sandbox/route53/emulator.ts';
import { FAULTS, type Fault, type Hits } from '../../../src/sandbox/route53/faults.ts';
import { systemClock } from '../../../src/system/clock.ts';
import {
  type DnsFaults,
  type DnsWorld,
  dnsProviderConformance,
  type Hits as Which,
} from '../../conformance/dns-provider.ts';
import { canaries } from '../../secrets.ts';

const ZONE = 'Z0UNDERSTUDY';
const ZONE_NAME = 'example.org';
/** Shaped like a key, and not the right one. */
const WRONG_KEY = [...canaries.awsSecretAccessKey].reverse().join('');

interface Route53World extends DnsWorld {
  readonly url: string;
}

function faultsOf(emulator: Route53Emulator): DnsFaults {
  const add = (fault: Fault, times: number, which: Which) => {
    const hits: { hits?: Hits } = which === 'all' ? {} : { hits: which };
    emulator.faults.add(fault, { times, ...hits });
  };
  return {
    cut: (n, which) => add(FAULTS.cut, n, which),
    loseReply: n => add(FAULTS.loseReply, n, 'writes'),
    landLate: when => add({ do: 'land-late', when }, 1, 'writes'),
    hang: (n, which, done) => add(done ? FAULTS.hangAfter : FAULTS.hang, n, which),
    trickle: (n, which) => add(FAULTS.trickle, n, which),
    late: (ms, n, which) => add({ do: 'late', ms }, n, which),
    garbage: (kind, n, which) => {
      const kinds = {
        truncated: FAULTS.truncate,
        page: FAULTS.htmlOk,
        proxy: FAULTS.html,
        empty: FAULTS.empty,
        binary: FAULTS.garbage,
      };
      add(kinds[kind], n, which);
    },
    deny: (meaning, n, which) => {
      const meanings = {
        unauthorized: FAULTS.denied,
        throttled: FAULTS.throttled,
        busy: FAULTS.priorRequest,
        broken: FAULTS.internal,
        echo: FAULTS.echo,
      };
      add(meanings[meaning], n, which);
    },
    protect: (name, type, on) => emulator.protect(ZONE, name, type, on),
    clear: () => emulator.faults.clear(),
  };
}

async function makeWorld(): Promise<Route53World> {
  const emulator = await startRoute53({
    zones: [{ id: ZONE, name: ZONE_NAME, nameservers: ['127.0.0.1'] }],
    accessKeyId: canaries.awsAccessKeyId,
    secretAccessKey: canaries.awsSecretAccessKey,
    insyncMs: Number.POSITIVE_INFINITY,
  });
  const zone = emulator.zone(ZONE);
  return {
    url: emulator.url,
    zone: ZONE,
    nobody: 'Z0NOBODY',
    zoneName: ZONE_NAME,
    secrets: [canaries.awsAccessKeyId, canaries.awsSecretAccessKey, canaries.password, WRONG_KEY],
    faults: faultsOf(emulator),
    content: () => JSON.stringify(zone.sets()),
    find: (name, type) => {
      const set = zone.find(name, type);
      if (set === undefined || set.ttlS === null || (type !== 'A' && type !== 'AAAA' && type !== 'TXT'))
        return null;
      return { name, type, ttlS: set.ttlS, values: set.values };
    },
    requests: () => emulator.requests.length,
    writes: () => emulator.requests.filter(one => one.operation === 'ChangeResourceRecordSets').length,
    whenRequests: emulator.whenRequests,
    settle: emulator.settle,
    offline: () => emulator.offline(true),
    close: emulator.close,
  };
}

dnsProviderConformance({
  name: 'Route 53',
  world: makeWorld,
  make: (world, options) =>
    create(
      {
        accessKeyId: new Secret(canaries.awsAccessKeyId, 'test'),
        secretAccessKey: new Secret(
          options.wrongSecret === true ? WRONG_KEY : canaries.awsSecretAccessKey,
          'test',
        ),
        sessionToken: new Secret(canaries.password, 'test'),
        endpoint: (world as Route53World).url,
        requestTimeout: options.requestTimeoutMs ?? 5000,
        readBackTimeout: options.readBackTimeoutMs ?? 2000,
        readRetries: options.readRetries ?? 2,
      },
      { clock: systemClock, random: Math.random },
    ),
});
