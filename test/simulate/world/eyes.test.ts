/** What is seen from a station, and how long it takes to see nothing. */
import assert from 'node:assert/strict';
import type { Family } from '../../../src/model/sample.ts';
import { createNameServers, createProber } from '../../../src/simulate/world/eyes.ts';
import { NAME_SERVERS } from '../../../src/simulate/cast.ts';
import { stage } from './stage.ts';

type At = ReturnType<typeof stage>;
const LIMIT_MS = 5_000;

async function look(spoil: (at: At) => void = () => {}, family: Family = 'v4', latencyMs = 0) {
  const at = stage({}, latencyMs);
  spoil(at);
  const address = at.home.site.addresses[family] ?? '';
  const target = { address, family, publicName: 'mail.example.org' };
  const seen = await at.settle(createProber(at.world, at.process).probe('http', {}, target, LIMIT_MS));
  const [told] = at.told('told-probe');
  assert.equal(told?.ok, seen?.value.ok, 'bystanders hear what the process hears');
  return [seen?.value.ok === true ? 'ok' : seen?.value.failure, seen?.at] as const;
}

describe('simulate: probes', () => {
  const SEEN: readonly (readonly [string, (at: At) => void, readonly [string, number], Family?])[] = [
    ['all is well', () => {}, ['ok', 0]],
    ['a lock: refused by the path, at once', at => (at.home.box.locked.v4 = true), ['unreachable', 0]],
    ['a lock of the other family', at => (at.home.box.locked.v6 = true), ['ok', 0]],
    ['a cut: silence', at => (at.home.box.cut.v4 = true), ['timeout', LIMIT_MS]],
    ['a machine that is off', at => (at.home.box.power = 'off'), ['timeout', LIMIT_MS]],
    ['a machine that hangs', at => (at.home.box.hangs = true), ['timeout', LIMIT_MS]],
    ['a fence of the site', at => (at.home.isolated = true), ['timeout', LIMIT_MS]],
    ['a service that refuses', at => at.home.ailments.set('*', 'refused'), ['refused', 0]],
    ['a service that hangs', at => at.home.ailments.set('*', 'hang'), ['timeout', LIMIT_MS]],
    ['another probe that fails', at => at.home.ailments.set('smtp', 'refused'), ['ok', 0]],
    ['this probe in the other family', at => at.home.ailments.set('http/v6', 'refused'), ['ok', 0]],
    ['this probe in this family', at => at.home.ailments.set('http/v4', 'refused'), ['refused', 0]],
    ['a blind station', at => (at.station.online.v4 = false), ['timeout', LIMIT_MS]],
    ['a station that is blind in the other family', at => (at.station.online.v4 = false), ['ok', 0], 'v6'],
  ];
  for (const [what, spoil, wanted, family] of SEEN)
    it(`see ${what}`, async () => assert.deepEqual(await look(spoil, family), wanted));

  it('take the time that every answer takes', async () => {
    assert.deepEqual(await look(() => {}, 'v4', 300), ['ok', 300]);
  });

  it('bring the end of a certificate along', async () => {
    const at = stage();
    at.home.certificateEndsAt = 42;
    const target = {
      address: at.home.site.addresses.v4 ?? '',
      family: 'v4',
      publicName: 'mail.example.org',
    } as const;
    const seen = await at.settle(createProber(at.world, at.process).probe('http', {}, target, LIMIT_MS));
    assert.deepEqual(seen?.value, { ok: true, facts: { certificateExpiresAt: 42 } });
  });

  it('do not look where nothing of the cast is: a mistake of the simulator', async () => {
    const at = stage();
    const target = { address: '192.0.2.99', family: 'v4', publicName: 'mail.example.org' } as const;
    await assert.rejects(
      createProber(at.world, at.process).probe('http', {}, target, LIMIT_MS),
      /nothing in the cast/,
    );
  });
});

describe('simulate: reference hosts and name servers', () => {
  it('a reference answers in the families that the station has', async () => {
    const at = stage();
    at.station.online.v6 = false;
    const prober = createProber(at.world, at.process);
    const v4 = await at.settle(prober.reach('198.51.100.1', 443, LIMIT_MS));
    const v6 = await at.settle(prober.reach('2001:db8:ffff::1', 443, LIMIT_MS));
    assert.deepEqual([v4?.value.ok, v6?.value.ok, v6?.at], [true, false, LIMIT_MS]);
    assert.deepEqual(
      at.told('told-reference').map(({ family, ok }) => [family, ok]),
      [
        ['v4', true],
        ['v6', false],
      ],
    );
  });

  it('a name server answers with the zone, and not at all without IPv4', async () => {
    const at = stage();
    const servers = createNameServers(at.world, at.process);
    const { signal } = new AbortController();
    const ask = (name: string) => at.settle(servers.ask(NAME_SERVERS[0] ?? '', name, 'A', signal));
    const answer = (await ask('mail.example.org'))?.value;
    assert.equal(answer?.rcode, 'NOERROR');
    assert.deepEqual(
      answer?.records.map(({ value }) => value),
      [at.home.site.addresses.v4],
    );
    assert.equal((await ask('no.example.org'))?.value.rcode, 'NXDOMAIN');
    at.station.online.v4 = false;
    await assert.rejects(ask('mail.example.org'), { code: 'provider-timeout', retriable: true });
  });
});
