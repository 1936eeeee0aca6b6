/** The planner: what is planned for which verdict, why not, and what holds for every plan it makes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Plan } from '../../src/model/plan.ts';
import { FAMILIES, type Family } from '../../src/model/sample.ts';
import type { Service } from '../../src/model/service.ts';
import type { RecordSet } from '../../src/model/signal.ts';
import { DEFAULT_POLICY } from '../../src/model/verdict.ts';
import { gate, refusals } from '../../src/plan/gate/gate.ts';
import { canonicalJson, planHash } from '../../src/plan/hash.ts';
import { plan as planFrom } from '../../src/plan/plan.ts';
import { publishedFamilies, recordChanges, sameSet, siteOfRecords } from '../../src/plan/records.ts';
import { worstCase } from '../../src/plan/worst-case.ts';
import { makeService, makeSite } from '../lab/service.ts';
import { CASES, caseOf } from './cases.ts';
import {
  draft,
  epochSet,
  flipped,
  gateInput,
  inventoryOf,
  makeScene,
  makeState,
  NOW,
  planOf,
  type Scene,
  siteOf,
  standingOf,
  verdictOf,
  zoneOf,
} from './scene.ts';

const third = makeSite('third', { server: '3', addresses: { v4: '127.0.0.13' } });
const three = makeService({ sites: [...makeService().sites, third] });
const twoFamilies = makeService({
  sites: [
    makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' } }),
    makeSite('away', { addresses: { v4: '127.0.0.12', v6: '::2' } }),
  ],
});
const measured = makeService({
  sites: [
    makeSite('home'),
    makeSite('away', { freshness: { argv: ['lag'], limitMs: 1000 }, maxLagMs: 60_000 }),
    third,
  ],
});
const onlyV4 = { state: makeState({ published: ['v4'] }), down: ['home v4'] } as const;

function lagScene(lagMs: number | null, ago: number): Scene {
  const base = { service: 'web', site: 'away', at: NOW - ago };
  const freshness = [lagMs === null ? { ...base, error: 'no connection' } : { ...base, lagMs }];
  return makeScene({
    ...onlyV4,
    service: measured,
    freshness,
    zone: zoneOf(measured, 'home', ['v4'], epochSet(4, 'home')),
  });
}

function families(plan: Plan): readonly Family[] {
  return plan.steps.flatMap(step => (step.kind === 'verify' ? step.families : []));
}

describe('plan: which', () => {
  it('nothing for a class that calls for nothing, and nothing where the policy is to observe', () => {
    assert.equal(standingOf(makeScene({ down: [] })).code, 'nothing-to-do');
    const service = makeService({ policy: { ...DEFAULT_POLICY, UNREACHABLE: 'observe' } });
    assert.equal(standingOf(makeScene({ service })).code, 'policy-observe');
    assert.equal(planOf(makeScene({ service }), {}).kind, 'failover', 'a person may all the same');
    const asked = makeService({ policy: { ...DEFAULT_POLICY, UNREACHABLE: 'propose' } });
    assert.equal(planOf(makeScene({ service: asked })).kind, 'failover', 'to be proposed');
  });

  it('takes the first standby in the order of preference that nothing speaks against', () => {
    const scene = makeScene({ service: three });
    assert.equal(planOf(scene).to, 'away');
    assert.equal(planOf({ ...scene, down: [...scene.down, 'away v4'] }).to, 'third');
    assert.equal(planOf({ ...scene, locked: ['away v4'] }).to, 'third');
    assert.equal(planOf({ ...scene, state: makeState({ tried: ['away'] }) }).to, 'third');
    const quarantined = [{ site: 'away', since: 0, run: 'r-0' }];
    assert.equal(planOf({ ...scene, state: makeState({ quarantined }) }).to, 'third');
  });

  it('says for every site why not', () => {
    const quarantined = [{ site: 'away', since: 0, run: 'r-0' }];
    const scene = makeScene({
      service: three,
      state: makeState({ quarantined }),
      down: ['home v4', 'third v4'],
    });
    const { code, detail } = standingOf(scene);
    assert.equal(code, 'no-viable-target');
    assert.match(detail, /away: it was failed over from \(r-0\) and no person has cleared it/);
    assert.match(detail, /third: v4 there is not well: http v4 refused/);
    assert.match(standingOf(makeScene({ locked: ['away v4'] })).detail, /v4 is locked by the hoster/);
    const lone = makeService({ sites: [makeSite('home')] });
    assert.match(standingOf(makeScene({ service: lone, ...onlyV4 })).detail, /no other site/);
  });

  it('a person may name a site that failed before, but none in quarantine, none unknown, none that is active', () => {
    const scene = makeScene({ service: three, state: makeState({ tried: ['away', 'third'] }) });
    assert.equal(standingOf(scene).code, 'no-viable-target');
    assert.equal(planOf(scene, { to: 'third' }).to, 'third');
    assert.match(standingOf(scene, { to: 'home' }).detail, /home: it is active already/);
    assert.match(standingOf(scene, { to: 'moon' }).detail, /no such site; there are: away, third/);
    const quarantined = [{ site: 'third', since: 0, run: 'r-0' }];
    const out = standingOf(makeScene({ service: three, state: makeState({ quarantined }) }), { to: 'third' });
    assert.match(out.detail, /no person has cleared it/);
  });

  it('waits for a look at the standby that is recent, complete, and from after the trouble began', () => {
    const looked = (standby: number) =>
      makeScene({ ages: { zone: 100, standby, references: 100, hosts: 100 } });
    assert.equal(planOf(looked(1000)).to, 'away');
    assert.equal(standingOf(looked(1001)).code, 'looking', 'from before the trouble began');
    const healthy = (standby: number) => ({ ...looked(standby), down: [] });
    assert.equal(planOf(healthy(5000), { kind: 'switchover' }).to, 'away');
    assert.equal(standingOf(healthy(5001), { kind: 'switchover' }).code, 'looking');
  });

  it('waits for the slower probe and the slower family rather than propose what the gate refuses', () => {
    const inventory = inventoryOf(makeScene({ service: twoFamilies }));
    const [away] = inventory.standbys;
    assert.ok(away !== undefined);
    const without = (family: Family, observer: 'online' | 'offline') => ({
      ...away,
      observation: {
        ...away.observation,
        families: away.observation.families.map(seen =>
          seen.family === family
            ? {
                ...seen,
                observer,
                state: 'no-data' as const,
                probes: seen.probes.map(probe => ({ ...probe, lastAt: null })),
              }
            : seen,
        ),
      },
    });
    const propose = (standby: typeof away) =>
      planFor({ ...inventory, standbys: [standby] }, makeScene({ service: twoFamilies }));
    assert.deepEqual(propose(without('v6', 'online')), 'looking');
    assert.deepEqual(propose(without('v4', 'online')), 'looking');
    assert.deepEqual(
      propose(without('v6', 'offline')),
      ['v4'],
      'blind in a family that is not essential: go without it',
    );
  });

  it('takes the data’s age as it is now, measures again what was measured long ago, and lets a person override', () => {
    assert.equal(planOf(lagScene(59_000, 1000)).to, 'away');
    assert.equal(planOf(lagScene(59_000, 1001)).to, 'third', 'aged past the limit: the next standby');
    assert.equal(planOf(lagScene(null, 0)).to, 'third');
    assert.match(
      standingOf(lagScene(70_000, 0), { to: 'away' }).detail,
      /its data is 70 s old, 60 s are allowed/,
    );
    assert.match(standingOf(lagScene(null, 0), { to: 'away' }).detail, /unknown: no connection/);
    assert.equal(
      standingOf(lagScene(1000, 300_000), { to: 'away' }).code,
      'looking',
      'measured five minutes ago',
    );
    assert.equal(standingOf(lagScene(70_000, 300_000), { to: 'away' }).code, 'no-viable-target');
    assert.equal(standingOf({ ...lagScene(0, 0), freshness: [] }, { to: 'away' }).code, 'looking');
    assert.equal(planOf(lagScene(70_000, 0), { to: 'away', overrides: ['allow-data-loss'] }).to, 'away');
  });

  it('publishes only the families in which the standby is well', () => {
    const scene = makeScene({ service: twoFamilies });
    assert.deepEqual(families(planOf(scene)), ['v4', 'v6']);
    assert.deepEqual(families(planOf({ ...scene, down: [...scene.down, 'away v6'] })), ['v4']);
    assert.deepEqual(families(planOf({ ...scene, locked: ['away v6'] })), ['v4']);
  });

  it('essential IPv6: a standby without it is none', () => {
    const service = makeService({ essential: ['v4', 'v6'] });
    assert.match(standingOf(makeScene({ service })).detail, /v6 there is not well: no v6 address/);
    const alone = { ...twoFamilies, essential: ['v6'] as const };
    assert.equal(planOf(makeScene({ service: alone, down: ['home v6', 'away v4'] })).to, 'away');
  });

  it('withdraws no essential family and never the last one', () => {
    const both = makeService({ essential: ['v4', 'v6'] });
    assert.notEqual(verdictOf(makeScene({ service: both, down: ['home v6'] })).class, 'PARTIAL_FAMILY');
    const gone = makeScene({
      down: ['home v6'],
      zone: zoneOf(makeService(), 'home', ['v6'], epochSet(4, 'home')),
    });
    assert.equal(standingOf(gone).code, 'no-other-family');
    const already = makeScene({
      down: ['home v6'],
      zone: zoneOf(makeService(), 'home', ['v4'], epochSet(4, 'home')),
    });
    assert.equal(standingOf(already).code, 'nothing-to-do');
  });
});

function planFor(inventory: ReturnType<typeof inventoryOf>, scene: Scene): string | readonly Family[] {
  const proposal = planOfInventory(inventory, scene);
  return 'plan' in proposal ? families(proposal.plan) : proposal.standing.code;
}

describe('plan: the zone', () => {
  const zone = (patch: Partial<Scene>) => standingOf(makeScene(patch)).code;

  it('is read just now, by a clock that has not been set back since', () => {
    const aged = (ms: number) => ({ ages: { zone: ms, standby: 100, references: 100, hosts: 100 } });
    assert.equal(planOf(makeScene(aged(15_000))).kind, 'failover');
    assert.equal(zone(aged(15_001)), 'looking');
    assert.equal(zone(aged(-3_600_000)), 'looking', 'a reading from the future');
    assert.equal(zone({ zone: null }), 'looking');
  });

  it('holds an epoch that is ours to change', () => {
    const home = siteOf(makeService(), 'home').name;
    const foreign = { ...epochSet(4, home), values: ['"heritage=other"'] };
    assert.equal(zone({ zone: zoneOf(makeService(), home, ['v4'], foreign) }), 'epoch-foreign');
    assert.equal(
      zone({ zone: zoneOf(makeService(), home, ['v4'], epochSet(4, 'renamed')) }),
      'epoch-foreign',
    );
    assert.equal(zone({ zone: zoneOf(makeService(), home, ['v4'], epochSet(5, 'away')) }), 'active-moved');
  });

  it('could not be read: says so', () => {
    const scene = makeScene();
    const inventory = { ...inventoryOf(scene), zone: { service: 'web', at: NOW, error: 'refused' } };
    const proposal = planOfInventory(inventory, scene);
    assert.ok('standing' in proposal);
    assert.equal(proposal.standing.code, 'zone-unread');
  });
});

describe('plan: the records', () => {
  const sets: fc.Arbitrary<RecordSet[]> = fc.array(
    fc.record({
      name: fc.constantFrom('www.example.org', 'example.org'),
      type: fc.constantFrom('A' as const, 'AAAA' as const),
      ttlS: fc.constantFrom(60, 300),
      values: fc.subarray(['127.0.0.11', '127.0.0.12', '::1'], { minLength: 1 }),
    }),
    { maxLength: 4 },
  );
  const dns = { ...makeService().dns, records: ['www.example.org', 'example.org'] };

  it('planned again after they are applied: nothing to do, whatever stood there', () => {
    fc.assert(
      fc.property(sets, fc.subarray([...FAMILIES]), (stored, wanted) => {
        const unique = stored.filter(
          (set, index) =>
            stored.findIndex(other => other.name === set.name && other.type === set.type) === index,
        );
        const site = siteOf(twoFamilies, 'away');
        const { upserts, deletes, expect } = recordChanges(dns, site, wanted, {
          epochSet: null,
          epoch: null,
          records: unique,
        });
        const gone = [...upserts, ...deletes];
        const records = [
          ...unique.filter(set => !gone.some(one => one.name === set.name && one.type === set.type)),
          ...upserts,
        ];
        const again = recordChanges(dns, site, wanted, { epochSet: null, epoch: null, records });
        assert.deepEqual([again.upserts, again.deletes], [[], []]);
        assert.deepEqual(
          publishedFamilies({ epochSet: null, epoch: null, records }),
          FAMILIES.filter(f => wanted.includes(f)),
        );
        for (const set of expect)
          assert.equal(
            records.some(have => sameSet(have, set)),
            set.values.length > 0,
          );
        for (const gone of deletes)
          assert.ok(unique.includes(gone), 'deletes name the set exactly as stored');
      }),
    );
  });

  it('planned again after any case was applied: the same verdict finds nothing to change in DNS', () => {
    for (const { title } of CASES) {
      const { plan, scene } = caseOf(title);
      assert.ok(scene.zone !== null);
      const zone = flipped(scene.zone, plan);
      const { service } = scene;
      const again = recordChanges(service.dns, siteOf(service, plan.to), families(plan), zone);
      assert.deepEqual([again.upserts, again.deletes], [[], []], title);
      if (plan.kind === 'withdraw') {
        const after = {
          ...scene,
          zone,
          state: makeState({ epoch: 5, maxEpoch: 5, published: families(plan) }),
        };
        const standing = draft({ ...after, state: { ...after.state, published: ['v4', 'v6'] } });
        assert.ok('standing' in standing && standing.standing.code === 'nothing-to-do', title);
      }
      if (plan.kind === 'restore') assert.deepEqual(publishedFamilies(zone), ['v4', 'v6']);
    }
  });

  it('name the site that they point to, when it is one', () => {
    const { sites } = twoFamilies;
    const one = zoneOf(twoFamilies, 'away', ['v4'], null);
    assert.equal(siteOfRecords(sites, one), 'away');
    assert.equal(siteOfRecords(sites, { ...one, records: [] }), null);
    const mixed = { ...one, records: [...one.records, ...zoneOf(twoFamilies, 'home', ['v6'], null).records] };
    assert.equal(siteOfRecords(sites, mixed), null);
  });
});

describe('plan: every plan of the planner', () => {
  const spot = ['home v4', 'home v6', 'away v4', 'away v6', 'third v4'];
  const service = (patch: Partial<Service>): Service => ({
    ...twoFamilies,
    sites: [...twoFamilies.sites, third],
    ...patch,
  });

  it('passes the gate, or is refused for what the planner does not judge', () => {
    let made = 0;
    fc.assert(
      fc.property(
        fc.subarray(spot),
        fc.subarray(spot),
        fc.subarray(['v4', 'v6'] as const, { minLength: 1 }),
        fc.subarray(['v4', 'v6'] as const, { minLength: 1 }),
        fc.constantFrom(null, 'failover' as const, 'switchover' as const),
        (down, locked, published, essential, kind) => {
          const of = service({ essential });
          const scene = makeScene({
            service: of,
            down,
            locked,
            state: makeState({ published }),
            zone: zoneOf(of, 'home', published, epochSet(4, 'home')),
          });
          const proposal = draft(scene, kind === null ? null : { kind });
          if (!('plan' in proposal)) return;
          made += 1;
          assert.deepEqual(refusals(gate(gateInput(scene, proposal.plan))), []);
          assert.ok(scene.zone !== null);
          assert.ok(flipped(scene.zone, proposal.plan).records.length > 0, 'leaves an address');
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(made > 50, `only ${made} plans were made`);
  });
});

describe('plan: the hash', () => {
  // Made when the tests run, not when the file is read: what runs then, the mutation check cannot tell apart by test.
  let plan: Plan;
  before(() => {
    ({ plan } = caseOf('switchover'));
  });

  it('ignores the id, the instants and the occasion', () => {
    const other: Plan = {
      ...plan,
      id: 'p-other',
      hash: 'x',
      createdAt: 1,
      expiresAt: 2,
      because: { class: 'HEALTHY', rule: 1, at: 1 },
    };
    assert.equal(planHash(other), plan.hash);
  });

  it('changes with everything else, to the last leaf', () => {
    const ignored = new Set(['id', 'hash', 'createdAt', 'expiresAt', 'because']);
    let leaves = 0;
    const walk = (value: unknown, rebuild: (changed: unknown) => unknown): void => {
      if (value === null || typeof value !== 'object') {
        leaves += 1;
        assert.notEqual(
          planHash(rebuild(typeof value === 'number' ? value + 1 : `${value}!`) as Plan),
          plan.hash,
        );
        return;
      }
      for (const [key, part] of Object.entries(value)) {
        if (value === plan && ignored.has(key)) continue;
        walk(part, changed =>
          rebuild(Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }),
        );
      }
    };
    walk(plan, changed => changed);
    assert.ok(leaves > 60, `${leaves} leaves`);
    assert.notEqual(planHash({ ...plan, steps: plan.steps.toReversed() }), plan.hash, 'order matters');
  });

  it('does not depend on the order of keys', () => {
    assert.equal(
      planHash(Object.fromEntries(Object.entries(plan).toReversed()) as unknown as Plan),
      plan.hash,
    );
    assert.equal(
      canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined }),
      '{"b":[1,{"c":"x","d":null}]}',
    );
  });
});

describe('plan: the worst case', () => {
  it('adds one interval, the thresholds, the limits up to the flip and the TTL', () => {
    const { plan, scene } = caseOf('failover');
    const worst = worstCase(scene.service, plan);
    assert.equal(worst.detectMs, 1000 + Math.max(500 + 250 + 500, 500 + 250 + 500));
    assert.deepEqual(
      worst.steps.map(step => step.kind),
      ['claim', 'fence', 'promote', 'check', 'flip'],
    );
    assert.equal(worst.totalMs, worst.detectMs + 30_000 + 90_000 + 300_000 + 30_000 + 30_000 + 60_000);
    assert.equal(worstCase(scene.service, plan, 60_000).detectMs, worst.detectMs + 59_000, 'cron');
  });
});

function planOfInventory(inventory: ReturnType<typeof inventoryOf>, scene: Scene) {
  return planFrom({ inventory, verdict: verdictOf(scene), request: null, planId: 'p', now: NOW });
}
