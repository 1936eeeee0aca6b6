/** What is Route 53's own: the requests it is asked with, sets that cannot be guarded, names, credentials. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Secret } from '../../../src/model/secret.ts';
import { ProviderError, UnderstudyError } from '../../../src/ports/errors.ts';
import type { DnsProvider } from '../../../src/ports/providers.ts';
import { about } from '../../../src/providers/route53/about.ts';
import { create } from '../../../src/providers/route53/route53.ts';
import { type Route53Emulator, startRoute53 } from '../../../src/sandbox/route53/emulator.ts';
import type { StoredSet } from '../../../src/sandbox/route53/sets.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { canaries } from '../../secrets.ts';

const ZONE = 'Z0OWN';
const EPOCH_NAME = '_understudy.example.org';
const signal = (): AbortSignal => new AbortController().signal;

function provider(emulator: Route53Emulator): DnsProvider {
  return create(
    {
      accessKeyId: new Secret(canaries.awsAccessKeyId, 'test'),
      secretAccessKey: new Secret(canaries.awsSecretAccessKey, 'test'),
      endpoint: emulator.url,
    },
    { clock: systemClock, random: Math.random },
  );
}

describe('Route 53 adapter', () => {
  let emulator: Route53Emulator;
  const start = async (records: readonly StoredSet[], nameservers?: readonly string[]) => {
    emulator = await startRoute53({
      zones: [
        { id: ZONE, name: 'example.org', records, ...(nameservers === undefined ? {} : { nameservers }) },
      ],
      accessKeyId: canaries.awsAccessKeyId,
      secretAccessKey: canaries.awsSecretAccessKey,
    });
    return provider(emulator);
  };
  afterEach(() => emulator.close());

  const plain = (name: string, type: string, ...values: string[]): StoredSet => ({
    name,
    type,
    ttlS: 60,
    values,
  });

  it('is the vendor that about.ts announces', async () => {
    const dns = await start([]);
    assert.equal(dns.kind, 'route53');
    assert.deepEqual(dns.capabilities, about.capabilities);
    assert.equal((await about.load()).create.name, create.name);
  });

  it('reads the owned names only, one small request each, the epoch before the addresses', async () => {
    const many = Array.from({ length: 200 }, (_, at) => plain(`h${at}.example.org`, 'A', '192.0.2.7'));
    const dns = await start([
      ...many,
      plain('www.example.org', 'A', '192.0.2.1', '192.0.2.2'),
      plain('www.example.org', 'AAAA', '2001:db8::1'),
      plain('www.example.org', 'TXT', '"not an address"'),
      plain('example.org', 'A', '192.0.2.1'),
      plain('*.w.example.org', 'A', '192.0.2.3'),
      plain(EPOCH_NAME, 'TXT', '"v=1 epoch=4 active=site-a owner=r-4"'),
    ]);
    const names = ['www.example.org', 'example.org', '*.w.example.org', 'none.example.org'];
    const view = await dns.read(ZONE, EPOCH_NAME, names, signal());
    assert.deepEqual(view.epoch, { epoch: 4, active: 'site-a', owner: 'r-4' });
    assert.deepEqual(
      view.records.map(set => `${set.name} ${set.type} ${set.values.join()}`),
      [
        'www.example.org A 192.0.2.1,192.0.2.2',
        'www.example.org AAAA 2001:db8::1',
        'example.org A 192.0.2.1',
        '*.w.example.org A 192.0.2.3',
      ],
    );
    assert.equal(emulator.requests.length, 1 + names.length);
    assert.match(emulator.requests[0]?.query ?? '', /name=_understudy\.example\.org/);
  });

  for (const [what, set, said] of [
    [
      'an alias',
      {
        name: 'www.example.org',
        type: 'A',
        ttlS: null,
        values: [],
        alias: { zoneId: 'Z0LB', name: 'lb.example.net.', evaluateHealth: false },
      },
      /alias/,
    ],
    [
      'a weighted set',
      { ...plain('www.example.org', 'AAAA', '2001:db8::1'), setIdentifier: 'blue', weight: 1 },
      /routing policy.*blue/,
    ],
    ['a CNAME', plain('www.example.org', 'CNAME', 'other.example.org.'), /CNAME/],
  ] as const)
    it(`says that it cannot guard ${what}`, async () => {
      const dns = await start([set]);
      await assert.rejects(dns.read(ZONE, EPOCH_NAME, ['www.example.org'], signal()), error => {
        assert.ok(error instanceof ProviderError);
        assert.equal(error.code, 'provider-rejected');
        assert.match(error.message, said);
        assert.match(error.next ?? '', /www\.example\.org/);
        return true;
      });
    });

  it('tells of an epoch set that it does not understand, and keeps it as read', async () => {
    const dns = await start([plain(EPOCH_NAME, 'TXT', '"v=2 other"')]);
    const view = await dns.read(ZONE, EPOCH_NAME, [], signal());
    assert.equal(view.epoch, null);
    assert.deepEqual(view.epochSet?.values, ['"v=2 other"']);
    assert.match(view.epochProblem ?? '', /key=value/);
  });

  it('resolves every name server, IPv4 first, and fails when one does not resolve', async () => {
    let dns = await start([], ['127.0.0.1', 'localhost']);
    assert.deepEqual(await dns.nameservers(ZONE, signal()), ['127.0.0.1:53', '127.0.0.1:53']);
    await emulator.close();
    dns = await start([], ['127.0.0.1', 'ns.understudy.invalid']);
    await assert.rejects(dns.nameservers(ZONE, signal()), { code: 'provider-unreachable' });
  });

  it('sends the flip as one batch: delete as read, create, then the address sets', async () => {
    const dns = await start([
      plain('www.example.org', 'AAAA', '2001:db8::1'),
      plain(EPOCH_NAME, 'TXT', '"v=1 epoch=4 active=site-a owner=r-4"'),
    ]);
    const { epochSet, records } = await dns.read(ZONE, EPOCH_NAME, ['www.example.org'], signal());
    const change = {
      epochName: EPOCH_NAME,
      ttlS: 60,
      expectEpoch: epochSet,
      nextEpoch: { epoch: 5, active: 'site-b' },
      upserts: [{ name: 'www.example.org', type: 'A', ttlS: 60, values: ['192.0.2.9'] }],
      deletes: records,
    } as const;
    await dns.swap(ZONE, change, { epoch: 5, active: 'site-b', owner: 'r-5' }, signal());
    const body = emulator.requests.at(-1)?.body ?? '';
    const steps = [...body.matchAll(/<Action>(\w+)<\/Action>.*?<Name>(.*?)<\/Name><Type>(\w+)<\/Type>/g)];
    assert.deepEqual(
      steps.map(([, action, name, type]) => `${action} ${name} ${type}`),
      [
        `DELETE ${EPOCH_NAME} TXT`,
        `CREATE ${EPOCH_NAME} TXT`,
        'DELETE www.example.org AAAA',
        'UPSERT www.example.org A',
      ],
    );
  });

  it('keeps its connection warm', async () => {
    const dns = await start([]);
    for (let round = 0; round < 5; round += 1) await dns.read(ZONE, EPOCH_NAME, [], signal());
    assert.equal(emulator.connections(), 1);
  });

  it('refuses half a pair of credentials and unusable ones, without showing them', async () => {
    await start([]);
    const secret = canaries.awsSecretAccessKey;
    for (const params of [
      { secretAccessKey: new Secret(secret, 'env X') },
      { accessKeyId: new Secret(`${secret}\n`, 'file Y'), secretAccessKey: new Secret(secret, 'env X') },
      { accessKeyId: secret, secretAccessKey: new Secret(secret, 'env X') },
    ])
      assert.throws(
        () => create(params, { clock: systemClock, random: Math.random }),
        error => {
          assert.ok(error instanceof UnderstudyError);
          assert.equal(error.code, 'config-invalid');
          assert.ok(!inspect(error).includes(secret));
          return true;
        },
      );
  });
});
