/**
 * What comes back in place of an answer of Route 53. The zone behind it is real: what the adapter says became of a flip
 * is held against what the zone holds. A damaged answer is never taken for a flip, and never for its certain absence.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEpoch } from '../../src/model/epoch.ts';
import type { GuardedChange } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import type { RecordSet, ZoneView } from '../../src/model/signal.ts';
import { PROVIDER_ERRORS, ProviderError } from '../../src/ports/errors.ts';
import type { DnsProvider, SwapOutcome } from '../../src/ports/providers.ts';
import { create } from '../../src/providers/route53/route53.ts';
import { type Route53Emulator, startRoute53 } from '../../src/sandbox/route53/emulator.ts';
import type { Fault } from '../../src/sandbox/route53/faults.ts';
import { systemClock } from '../../src/system/clock.ts';
import { canaries } from '../secrets.ts';
import { assertFit, assertGoodError, property, thrownBy } from './harness.ts';
import { mutateXml, type XmlMutation, xmlMutation } from './xml.ts';

const file = import.meta.url;
const ZONE = 'Z0PROPERTY';
const EPOCH_NAME = '_understudy-web.example.org';
const WWW = 'www.example.org';
const PLACE = /^(Route 53|the (A|AAAA|TXT) set of|the epoch)/;

interface Damage {
  readonly xml: XmlMutation | null;
  readonly status: number | null;
  readonly type: string | null;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  xml: fc.option(xmlMutation, { freq: 12 }),
  status: fc.option(fc.constantFrom(200, 202, 204, 301, 302, 400, 403, 404, 413, 429, 500, 503), { freq: 1 }),
  type: fc.option(fc.constantFrom('text/html', 'application/json', ''), { freq: 1 }),
});

const mangled = ({ xml, status, type }: Damage): Fault => ({
  do: 'mangle',
  mangle: answer => ({
    status: status ?? answer.status,
    type: type ?? answer.type,
    body: status === 204 ? '' : xml === null ? answer.body : mutateXml(String(answer.body), xml),
  }),
});

describe('property: answers of Route 53', () => {
  let emulator: Route53Emulator;
  let adapter: DnsProvider;
  const { signal } = new AbortController();

  // A fresh one each: it keeps every version of its zone, and looks through them.
  beforeEach(async () => {
    emulator = await startRoute53({
      zones: [{ id: ZONE, name: 'example.org' }],
      insyncMs: Number.POSITIVE_INFINITY,
    });
    emulator.put(ZONE, { name: WWW, type: 'A', ttlS: 60, values: ['192.0.2.1'] });
    emulator.put(ZONE, { name: WWW, type: 'AAAA', ttlS: 60, values: ['2001:db8::1'] });
    const context = { clock: systemClock, random: () => 0.5 };
    adapter = create(
      {
        accessKeyId: new Secret(canaries.awsAccessKeyId, 'test'),
        secretAccessKey: new Secret(canaries.awsSecretAccessKey, 'test'),
        endpoint: emulator.url,
        requestTimeout: 10_000,
        readBackTimeout: 10_000,
        readRetries: 0,
      },
      context,
    );
  });
  afterEach(() => emulator.close());

  /** The next requests meet these, one each; null: an honest answer. */
  function damages(list: readonly (Damage | null)[]): void {
    const left = [...list];
    emulator.faults.decide(() => {
      const next = left.shift() ?? null;
      return next === null ? null : mangled(next);
    });
  }

  function putEpoch(epoch: number, owner: string): RecordSet {
    const set = {
      name: EPOCH_NAME,
      type: 'TXT' as const,
      ttlS: 60,
      values: [`"v=1 epoch=${epoch} active=home owner=${owner}"`],
    };
    emulator.put(ZONE, set);
    return set;
  }

  function ownerNow(): string | null {
    const epoch = parseEpoch(emulator.zone(ZONE).find(EPOCH_NAME, 'TXT')?.values[0]?.slice(1, -1) ?? '');
    return typeof epoch === 'string' ? null : epoch.owner;
  }

  function assertProviderError(thrown: unknown): ProviderError {
    assertGoodError(thrown, PLACE);
    assert.ok(thrown instanceof ProviderError);
    assert.ok(PROVIDER_ERRORS.includes(thrown.code), `code ${String(thrown.code)}`);
    return thrown;
  }

  property(
    'a flip is called applied only when the zone holds our token, and not done only when it does not',
    fc.record({
      beaten: fc.boolean(),
      harms: fc.array(fc.option(damage, { freq: 4 }), { minLength: 1, maxLength: 3 }),
    }),
    async ({ beaten, harms }) => {
      const expectEpoch = putEpoch(6, 'r-before');
      if (beaten) putEpoch(7, 'r-other');
      const change: GuardedChange = {
        epochName: EPOCH_NAME,
        ttlS: 60,
        expectEpoch,
        nextEpoch: { epoch: 7, active: 'away' },
        upserts: [{ name: WWW, type: 'A', ttlS: 60, values: ['192.0.2.2'] }],
        deletes: [],
      };
      damages(harms);
      let outcome: SwapOutcome | null = null;
      const thrown = await thrownBy(async () => {
        outcome = await adapter.swap(ZONE, change, { epoch: 7, active: 'away', owner: 'r-ours' }, signal);
      });
      emulator.faults.clear();
      const ours = ownerNow() === 'r-ours';
      assert.equal(ours, !beaten, 'the emulator keeps to its own rules');
      const said = outcome as SwapOutcome | null;
      if (said?.outcome === 'applied') assert.ok(ours, 'called applied, and the zone holds another token');
      if (said !== null) return;
      const error = assertProviderError(thrown);
      if (error.applied === 'no')
        assert.ok(!ours, `called not done, and the zone holds our token: ${error.message}`);
    },
    { file },
  );

  property(
    'a reading of the zone holds only what can be compared, stored and shown',
    fc.array(fc.option(damage, { freq: 4 }), { minLength: 1, maxLength: 2 }),
    async harms => {
      putEpoch(6, 'r-before');
      damages(harms);
      let view: ZoneView | null = null;
      const thrown = await thrownBy(async () => {
        view = await adapter.read(ZONE, EPOCH_NAME, [WWW], signal);
      });
      emulator.faults.clear();
      if (thrown !== null) return void assert.equal(assertProviderError(thrown).applied, 'no');
      const { epochSet, epoch, epochProblem, records } =
        (view as ZoneView | null) ?? assert.fail('neither view nor error');
      if (epochProblem !== undefined) assertFit(epochProblem, 'what is said of the epoch');
      for (const set of epochSet === null ? records : [...records, epochSet]) {
        assert.ok(Number.isInteger(set.ttlS) && set.ttlS >= 0 && set.ttlS <= 0x7fffffff, `ttl ${set.ttlS}`);
        assert.ok(set.values.length > 0);
        for (const value of set.values) {
          assert.equal(typeof value, 'string');
          // What else may stand in a TXT set is another's to say; it is compared, and cleaned where it is shown.
          if (set.type !== 'TXT') assertFit(value, 'a value');
          assert.doesNotMatch(value, /\p{Cc}/u);
        }
        assert.ok(set.name === WWW || set.name === EPOCH_NAME);
      }
      assert.ok(records.every(({ type }) => type === 'A' || type === 'AAAA'));
      const keys = records.map(({ name, type }) => `${name} ${type}`);
      assert.equal(new Set(keys).size, keys.length, 'one set of a name and type');
      if (epoch !== null) assert.notEqual(epochSet, null);
    },
    { file, usual: 200 },
  );

  property(
    'a change is called propagated only when the answer says so; the name servers are a list of places',
    damage,
    async harm => {
      damages([harm]);
      const change = await adapter
        .swap(
          ZONE,
          {
            epochName: EPOCH_NAME,
            ttlS: 60,
            expectEpoch: putEpoch(6, 'r-before'),
            nextEpoch: { epoch: 7, active: 'away' },
            upserts: [],
            deletes: [],
          },
          { epoch: 7, active: 'away', owner: 'r-ours' },
          signal,
        )
        .catch(assertProviderError);
      emulator.faults.clear();
      if (change instanceof ProviderError || change.outcome !== 'applied' || change.changeId === null) return;
      // An id that was damaged on its way to us leads nowhere, or to an error: never to a "yes".
      const asked = await adapter.propagated(change.changeId, signal).catch(assertProviderError);
      assert.ok(
        asked === false || asked instanceof ProviderError,
        `nothing is INSYNC here: ${String(asked)}`,
      );
      damages([harm]);
      const again = await adapter.propagated(change.changeId, signal).catch(assertProviderError);
      emulator.faults.clear();
      assert.ok(
        again === false || again instanceof ProviderError,
        `nothing is INSYNC here: ${String(again)}`,
      );
    },
    { file, usual: 60 },
  );

  it('a TTL that is no number, a value that is no address and a change id with a NUL make no sense (found by the properties above)', async () => {
    const put = (tag: string, scrap: string) => {
      emulator.faults.decide(() => ({
        do: 'mangle',
        mangle: answer => ({
          ...answer,
          body: String(answer.body).replace(
            new RegExp(`<${tag}>[^<]*</${tag}>`),
            `<${tag}>${scrap}</${tag}>`,
          ),
        }),
      }));
    };
    putEpoch(6, 'r-before');
    for (const [tag, scrap] of [
      ['TTL', 'x'],
      ['TTL', '-1'],
      ['Value', '192.0.2.1; rm'],
    ] as const) {
      put(tag, scrap);
      const thrown = await thrownBy(() =>
        adapter.read(ZONE, tag === 'TTL' ? EPOCH_NAME : '_none.example.org', [WWW], signal),
      );
      assert.equal(assertProviderError(thrown).code, 'provider-garbage', `${tag} ${scrap}`);
    }
    put('Id', '&#0;');
    const change = {
      epochName: EPOCH_NAME,
      ttlS: 60,
      expectEpoch: putEpoch(6, 'r-before'),
      nextEpoch: { epoch: 7, active: 'away' },
      upserts: [],
      deletes: [],
    };
    const outcome = await adapter.swap(ZONE, change, { epoch: 7, active: 'away', owner: 'r-ours' }, signal);
    assert.deepEqual(outcome, { outcome: 'applied', changeId: null, confirmedBy: 'read-back' });
    emulator.faults.clear();
  });
});
