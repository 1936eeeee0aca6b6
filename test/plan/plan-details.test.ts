/** The planner in detail: which steps exactly, which families, and every reason in the words that people read. */
import assert from 'node:assert/strict';
import type { FamilyObservation } from '../../src/model/observation.ts';
import { formatEpoch, parseEpoch } from '../../src/model/epoch.ts';
import { finalEpoch, type Plan, type PlanKind } from '../../src/model/plan.ts';
import type { Family } from '../../src/model/sample.ts';
import type { Service, Site } from '../../src/model/service.ts';
import { DEFAULT_POLICY, type VerdictClass } from '../../src/model/verdict.ts';
import { plan as planFrom } from '../../src/plan/plan.ts';
import { sameSet } from '../../src/plan/records.ts';
import { type Inventory, standbyFreshMs } from '../../src/plan/view.ts';
import { worstCase } from '../../src/plan/worst-case.ts';
import { makeService, makeSite, POWER_OFF } from '../lab/service.ts';
import { CASES, caseOf } from './cases.ts';
import { anyAge, lag, measured, rival } from './refusals.ts';
import {
  epochSet,
  inventoryOf,
  makeScene,
  makeState,
  NOW,
  planOf,
  type Scene,
  standingOf,
  verdictOf,
  zoneOf,
} from './scene.ts';

const two = { v4: '127.0.0.12', v6: '::2' };

function fenceOf(plan: Plan) {
  return plan.steps.find(step => step.kind === 'fence');
}

/** A service whose home is changed; both sites have one address. */
function homeScene(home: Partial<Site>, patch: Partial<Scene> = {}): Scene {
  const service = makeService({ sites: [makeSite('home', home), makeSite('away')] });
  return makeScene({
    service,
    state: makeState({ published: ['v4'] }),
    zone: zoneOf(service, 'home', ['v4'], epochSet(4, 'home')),
    ...patch,
  });
}

type Change = (family: FamilyObservation) => FamilyObservation;

/** Changes what was seen of the families of one site. */
function change(inventory: Inventory, of: 'active' | 'standbys', to: Change): Inventory {
  const changed = (view: Inventory['active']): Inventory['active'] => ({
    ...view,
    observation: { ...view.observation, families: view.observation.families.map(to) },
  });
  return of === 'active'
    ? { ...inventory, active: changed(inventory.active) }
    : { ...inventory, standbys: inventory.standbys.map(changed) };
}

const only =
  (family: Family, patch: Partial<FamilyObservation>): Change =>
  seen =>
    seen.family === family ? { ...seen, ...patch } : seen;

function answer(inventory: Inventory, scene: Scene, of: VerdictClass | null = null) {
  const verdict = verdictOf(scene);
  const proposal = planFrom({
    inventory,
    verdict: of === null ? verdict : { ...verdict, class: of },
    request: null,
    planId: 'p-new',
    now: NOW,
  });
  if (!('plan' in proposal)) return `${proposal.standing.code}: ${proposal.standing.detail}`;
  return proposal.plan.steps.flatMap(step => (step.kind === 'verify' ? step.families : [])).join(' and ');
}

describe('plan: the steps', () => {
  const kinds = (plan: Plan) => plan.steps.map(step => step.kind);

  it('a switchover between sites that have no command to hand over or to catch up', () => {
    const scene = homeScene({ quiesce: null }, { down: [] });
    assert.deepEqual(kinds(planOf(scene, { kind: 'switchover' })), [
      'claim',
      'promote',
      'check',
      'flip',
      'verify',
      'announce',
    ]);
  });

  it('the fence names the families that the site has', () => {
    assert.deepEqual(fenceOf(planOf(homeScene({})))?.families, ['v4']);
    assert.deepEqual(fenceOf(caseOf('failover').plan)?.families, ['v4', 'v6']);
  });

  it('a lock stands for a fence only where it is felt and where the config lets it count', () => {
    const method = (scene: Scene, asked: boolean) => fenceOf(planOf(scene, asked ? {} : null))?.method;
    const locked = ['home v4'];
    assert.equal(method(homeScene({}, { locked }), false), 'provider-lock');
    assert.equal(method(homeScene({}, { locked, down: [] }), true), 'power-off', 'it answers all the same');
    const fence = { ...POWER_OFF, lockCounts: false };
    assert.equal(method(homeScene({ fence }, { locked }), false), 'power-off');
  });

  it('only a wait is given its own length on top of the limit', () => {
    const fence = { ...POWER_OFF, leaseMs: 30_000, marginMs: 5000 };
    assert.equal(fenceOf(planOf(homeScene({ fence })))?.limitMs, 90_000);
    assert.equal(fenceOf(planOf(homeScene({ fence: { ...fence, method: 'wait' } })))?.limitMs, 125_000);
  });

  it('carries its occasion, its origin, its age, and no override that nobody gave', () => {
    const { because, origin, overrides, createdAt, expiresAt } = planOf(makeScene());
    assert.deepEqual(because, { class: 'UNREACHABLE', rule: 40, at: NOW });
    assert.deepEqual([origin, overrides, createdAt, expiresAt], [{ by: 'judge' }, [], NOW, NOW + 1_800_000]);
    const asked = planOf(makeScene(), { overrides: ['mode-act'] });
    assert.deepEqual(asked.origin, { by: 'operator', operator: 'ann', reason: 'test' });
    assert.deepEqual(asked.overrides, ['mode-act']);
  });
});

describe('plan: the claim', () => {
  const claimOf = (plan: Plan) => {
    const [first] = plan.steps;
    assert.ok(first?.kind === 'claim', `${plan.kind} begins with ${first?.kind}`);
    return first;
  };
  const flipOf = (plan: Plan) => {
    const flip = plan.steps.find(step => step.kind === 'flip');
    assert.ok(flip !== undefined);
    return flip;
  };
  const inTheirTime = { ...rival, since: NOW - rival.busyMs };

  it('is the first step of whatever moves the service, and of nothing else', () => {
    for (const { title } of CASES) {
      const { plan } = caseOf(title);
      const at = kindsAt(plan, 'claim');
      assert.deepEqual(at, plan.from === plan.to ? [] : [0], title);
    }
  });

  it('takes the epoch as it was read and leaves all else: the site, the addresses', () => {
    const { change, settleMs, limitMs } = claimOf(caseOf('failover').plan);
    assert.deepEqual([change.epochName, change.ttlS], ['_understudy-web.example.org', 60]);
    assert.deepEqual(change.expectEpoch, epochSet(4, 'home'));
    assert.deepEqual([change.upserts, change.deletes], [[], []]);
    assert.deepEqual([change.nextEpoch.epoch, change.nextEpoch.active], [5, 'home']);
    assert.deepEqual([settleMs, limitMs], [0, 30_000]);
  });

  it('is what the flip replaces; a withdrawal replaces the epoch as it was read', () => {
    for (const title of ['failover', 'switchover']) {
      const { change } = flipOf(caseOf(title).plan);
      assert.equal(change.expectEpoch, 'claimed', title);
      assert.deepEqual(change.nextEpoch, { epoch: 6, active: 'away' }, title);
      assert.equal(finalEpoch(caseOf(title).plan), 6, title);
    }
    for (const title of ['withdraw', 'restore']) {
      const { plan } = caseOf(title);
      assert.deepEqual(flipOf(plan).change.expectEpoch, epochSet(4, 'home'), title);
      assert.deepEqual([flipOf(plan).change.nextEpoch.epoch, finalEpoch(plan)], [5, 5], title);
    }
  });

  it('makes the first epoch where DNS holds none', () => {
    const { plan } = caseOf('failover-first-epoch');
    const { expectEpoch, nextEpoch } = claimOf(plan).change;
    assert.deepEqual([plan.baseEpoch, expectEpoch, nextEpoch.epoch, finalEpoch(plan)], [0, null, 1, 2]);
  });

  it('keeps others away for as long as the steps up to the flip may take, and a margin', () => {
    const { plan } = caseOf('failover');
    const [claim, fence, promote, check, flip] = [30, 90, 300, 30, 30] as const;
    assert.equal(claimOf(plan).change.nextEpoch.claim?.busyS, claim + fence + promote + check + flip + 15);
  });

  it('says how long its longest deed may be at work: a wait, a check, a flip are none', () => {
    const stepS = (plan: Plan) => claimOf(plan).change.nextEpoch.claim?.stepS;
    assert.equal(stepS(caseOf('failover').plan), 300 + 15, 'a promotion');
    const limits = (patch: Partial<Service['limitsMs']>, home: Partial<Site> = {}, asked = false) => {
      const base = makeService();
      const scene = homeScene(home);
      const service = { ...scene.service, limitsMs: { ...base.limitsMs, ...patch } };
      return stepS(
        planOf({ ...scene, service, ...(asked ? { down: [] } : {}) }, asked ? { kind: 'switchover' } : null),
      );
    };
    assert.equal(limits({ promote: 1000 }), 90 + 15, 'a fence');
    assert.equal(
      limits({ promote: 1000, fence: 1000, check: 500_000, flip: 500_000, claim: 500_000 }),
      1 + 15,
    );
    const wait = { fence: { ...POWER_OFF, method: 'wait' as const, leaseMs: 600_000 } };
    assert.equal(limits({ promote: 1500 }, wait), 1.5 + 15.5, 'in whole seconds, rather too many');
    const quiesce = { argv: ['stop'], limitMs: 1000 };
    assert.equal(limits({ promote: 1000, quiesce: 70_000 }, { quiesce }, true), 70 + 15);
    const { scene } = caseOf('switchover');
    const limitsMs = { ...scene.service.limitsMs, 'catch-up': 400_000 };
    const slow = { ...scene, service: { ...scene.service, limitsMs } };
    assert.equal(stepS(planOf(slow, { kind: 'switchover' })), 400 + 15, 'a catch-up');
    assert.equal(stepS(caseOf('failover-stateless').plan), 15, 'nothing is done at any site');
  });

  it('can be read again, whatever limits the config may set', () => {
    const most = Object.keys(makeService().limitsMs).map(kind => [kind, 3_600_000]);
    const limitsMs = Object.fromEntries(most) as Service['limitsMs'];
    const longest = { ...rival, since: NOW - 86_400_000, busyMs: 86_400_000, stepMs: 7_200_000, until: null };
    const command = { argv: ['x'], limitMs: 3_000_000 };
    const wait = { ...POWER_OFF, method: 'wait' as const, leaseMs: 3_600_000, marginMs: 3_600_000 };
    const sites = [
      makeSite('home', { snapshot: command, quiesce: command, fence: wait }),
      makeSite('away', { catchUp: command }),
    ];
    const service = makeService({ limitsMs, sites });
    const state = makeState({ published: ['v4'], rival: longest });
    const zone = zoneOf(service, 'home', ['v4'], epochSet(4, 'home'));
    for (const kind of ['failover', 'switchover'] as const) {
      const scene = makeScene({ service, state, zone, down: kind === 'failover' ? ['home v4'] : [] });
      const { nextEpoch } = claimOf(planOf(scene, { kind })).change;
      const record = { ...nextEpoch, owner: 'r-1' };
      assert.deepEqual(parseEpoch(formatEpoch(record)), record, kind);
    }
  });

  it('of another installation is left alone while it is in force', () => {
    const scene = makeScene({ state: makeState({ rival: { ...rival, since: NOW - rival.busyMs + 1 } }) });
    const { code, detail } = standingOf(scene);
    assert.equal(
      `${code}: ${detail}`,
      'claimed: r-other, a run of another installation, is under way, as DNS says: it is left alone until 2027-01-15T08:00:00Z at the latest',
    );
    for (const kind of ['failover', 'switchover'] as const)
      assert.equal(standingOf(scene, { kind }).code, 'claimed', `a person asks for a ${kind}`);
    const down = { ...scene, down: ['home v6'] };
    assert.equal(standingOf(down).code, 'claimed', 'a withdrawal too');
    assert.equal(standingOf({ ...scene, down: [] }).code, 'nothing-to-do', 'none of its business');
  });

  it('of another installation that has had its time is superseded, and its last deed waited for', () => {
    const scene = makeScene({ state: makeState({ rival: inTheirTime }) });
    const plan = planOf(scene);
    const { settleMs, limitMs, change } = claimOf(plan);
    assert.deepEqual([settleMs, limitMs], [105_000, 165_000]);
    const usual = claimOf(caseOf('failover').plan).change.nextEpoch.claim;
    assert.equal(
      change.nextEpoch.claim?.busyS,
      (usual?.busyS ?? 0) + 135,
      'the wait is part of its own time',
    );
    assert.equal(change.nextEpoch.claim?.stepS, usual?.stepS);
    const { totalMs } = worstCase(scene.service, plan);
    assert.equal(totalMs, worstCase(scene.service, caseOf('failover').plan).totalMs + 135_000);
    const withdrawn = planOf({ ...scene, down: ['home v6'] });
    assert.deepEqual(
      [withdrawn.kind, withdrawn.steps.map(({ kind }) => kind)],
      ['withdraw', ['flip', 'verify', 'announce']],
      'addresses alone wait for nobody',
    );
  });
});

function kindsAt(plan: Plan, kind: Plan['steps'][number]['kind']): readonly number[] {
  return plan.steps.flatMap((step, index) => (step.kind === kind ? [index] : []));
}

describe('plan: which families', () => {
  const both = makeScene({ down: [] });
  const of = (kind: PlanKind, patch: Change, published: readonly Family[] = ['v4', 'v6']) => {
    const scene = { ...both, zone: zoneOf(both.service, 'home', published, epochSet(4, 'home')) };
    const called = kind === 'withdraw' ? 'PARTIAL_FAMILY' : 'FAMILY_RETURNED';
    return answer(change(inventoryOf(scene), 'active', patch), scene, called);
  };
  const NOTHING = 'nothing-to-do: DNS publishes just the families it should';

  it('withdraws what is down, and what fails under a lock', () => {
    assert.equal(of('withdraw', only('v6', { state: 'down' })), 'v4');
    assert.equal(of('withdraw', only('v6', { state: 'failing', blocked: true })), 'v4');
    assert.equal(of('withdraw', only('v6', { state: 'failing', blocked: false })), NOTHING);
    assert.equal(of('withdraw', only('v6', { state: 'ok', blocked: true })), NOTHING);
    assert.equal(
      of('withdraw', family => ({ ...family, state: 'down' })),
      'v4',
      'an essential family is never withdrawn',
    );
    assert.equal(
      of('withdraw', only('v6', { state: 'down' }), ['v6']),
      'no-other-family: withdrawing it would leave no address at all',
    );
  });

  it('restores what is well and not locked, and takes nothing away', () => {
    assert.equal(of('restore', only('v6', {}), ['v4']), 'v4 and v6');
    assert.equal(of('restore', only('v6', { blocked: true }), ['v4']), NOTHING);
    assert.equal(of('restore', only('v6', { state: 'failing' }), ['v4']), NOTHING);
    assert.equal(of('restore', only('v6', { state: 'down' })), NOTHING, 'that is for a withdrawal to say');
  });

  it('restores the only family of the site where DNS has another', () => {
    const scene = homeScene({}, { down: [] });
    const stored = { name: 'www.example.org', type: 'AAAA', ttlS: 60, values: ['::9'] } as const;
    const zone = scene.zone && { ...scene.zone, records: [stored] };
    assert.equal(answer(inventoryOf({ ...scene, zone }), scene, 'FAMILY_RETURNED'), 'v4');
  });

  it('does not publish of the standby what we cannot see ourselves', () => {
    const service = makeService({
      sites: [
        makeSite('home', { addresses: { v4: '127.0.0.11', v6: '::1' } }),
        makeSite('away', { addresses: two }),
      ],
    });
    const scene = makeScene({ service });
    const blind = (family: Family) =>
      answer(change(inventoryOf(scene), 'standbys', only(family, { observer: 'offline' })), scene);
    assert.equal(blind('v6'), 'v4');
    assert.equal(blind('v4'), 'no-viable-target: away: v4 there is not well: our own v4 is down');
  });
});

describe('plan: the reasons in words', () => {
  const said = (scene: Scene, request: Parameters<typeof standingOf>[1] = null) => {
    const { code, detail } = standingOf(scene, request);
    return `${code}: ${detail}`;
  };
  const ages = (zone: number) => ({ zone, standby: 100, references: 100, hosts: 100 });

  it('of verdict and policy', () => {
    assert.equal(
      said(makeScene({ down: [] })),
      'nothing-to-do: HEALTHY calls for no action: all probes are well',
    );
    const service = makeService({ policy: { ...DEFAULT_POLICY, UNREACHABLE: 'observe' } });
    assert.equal(said(makeScene({ service })), 'policy-observe: the policy for UNREACHABLE is observe');
  });

  it('of the zone', () => {
    const scene = makeScene();
    const zone = (epoch: ReturnType<typeof epochSet>) =>
      said({ ...scene, zone: zoneOf(scene.service, 'home', ['v4'], epoch) });
    assert.equal(said(makeScene({ ages: ages(15_001) })), 'looking: the zone has not been read just now');
    assert.equal(
      zone({ ...epochSet(4, 'home'), values: ['"heritage=other"'] }),
      'epoch-foreign: _understudy-web.example.org is not ours to change: version missing, this program knows v=1',
    );
    assert.equal(
      zone(epochSet(4, 'renamed')),
      'epoch-foreign: DNS says that "renamed" is active, a site that this config does not know',
    );
    assert.equal(zone(epochSet(5, 'away')), 'active-moved: DNS says that away is active, not home');
    const reading = (patch: object) =>
      answer({ ...inventoryOf(scene), zone: { service: 'web', at: NOW, ...patch } }, scene);
    assert.equal(reading({ error: 'refused' }), 'zone-unread: the DNS API could not be read: refused');
    assert.equal(reading({}), 'zone-unread: the DNS API could not be read: no answer');
    const unknown = { epochSet: epochSet(4, 'home'), epoch: null, records: [] };
    assert.equal(
      reading({ view: unknown }),
      'epoch-foreign: _understudy-web.example.org is not ours to change: not understood',
    );
  });

  it('of the other sites', () => {
    const lone = homeScene({});
    assert.equal(
      said({ ...lone, service: { ...lone.service, sites: lone.service.sites.slice(0, 1) } }),
      'no-viable-target: the service has no other site',
    );
    const scene = makeScene({
      service: { ...makeService(), sites: [...makeService().sites, makeSite('third')] },
    });
    assert.equal(
      said({ ...scene, state: makeState({ tried: ['away'] }), down: [...scene.down, 'third v4'] }),
      'no-viable-target: away: it was tried in this incident and failed; third: v4 there is not well: http v4 refused',
    );
    assert.equal(said(scene, { to: 'home' }), 'no-viable-target: home: it is active already');
    assert.equal(
      said(scene, { to: 'moon' }),
      'no-viable-target: moon: there is no such site; there are: away, third',
    );
    const stale = {
      ...scene,
      ages: { ...scene.ages, standby: 1001 },
      state: makeState({ tried: ['third'] }),
    };
    assert.equal(
      said(stale),
      'looking: away: it has not been looked at just now; third: it was tried in this incident and failed',
      'one that may yet do is waited for',
    );
  });

  it('of every essential family that a site lacks', () => {
    const service = makeService({ essential: ['v4', 'v6'] });
    assert.equal(
      said(makeScene({ service, down: ['home v4', 'home v6', 'away v4'] })),
      'no-viable-target: away: v4 and v6 there is not well: http v4 refused, no v6 address',
    );
  });

  it('of the required probes of a site that is not well, four at most', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'well', 'ping'];
    const [http] = makeService().probes;
    assert.ok(http !== undefined);
    const probes = ids.map(id => ({ ...http, id, required: id !== 'ping' }));
    const service = makeService({ probes, thresholds: { ...makeService().thresholds, downWhen: 'any' } });
    const scene = makeScene({ service, down: ['home v4', 'away v4'] });
    const of = (names: readonly string[]) => {
      const keep: Change = family => ({
        ...family,
        probes: family.probes
          .filter(({ probe }) => names.includes(probe))
          .map(probe => (probe.probe === 'well' ? { ...probe, state: 'ok' } : probe)),
      });
      return answer(change(inventoryOf(scene), 'standbys', keep), scene);
    };
    assert.equal(of(['a', 'well', 'ping']), 'no-viable-target: away: v4 there is not well: a v4 refused');
    assert.equal(
      of(ids),
      'no-viable-target: away: v4 there is not well: a v4 refused, b v4 refused, c v4 refused, d v4 refused',
    );
    const nameless: Change = family => ({
      ...family,
      probes: family.probes.slice(0, 1).map(probe => ({ ...probe, lastFailure: null })),
    });
    assert.equal(
      answer(change(inventoryOf(scene), 'standbys', nameless), scene),
      'no-viable-target: away: v4 there is not well: a v4 failed',
    );
    const half: Change = family => ({
      ...family,
      probes: family.probes.map(probe => (probe.probe === 'e' ? { ...probe, lastAt: null } : probe)),
    });
    assert.equal(
      answer(change(inventoryOf(scene), 'standbys', half), scene),
      'looking: away: it has not been looked at just now',
    );
  });

  it('of the data', () => {
    const away = (lagMs: number, ago: number, service: Service = measured) =>
      said(makeScene({ service, freshness: [lag(lagMs, ago)] }));
    assert.equal(
      said(makeScene({ service: measured })),
      'looking: away: the age of its data has not been measured yet',
    );
    const unread = { service: 'web', site: 'away', at: NOW };
    assert.equal(
      said(makeScene({ service: measured, freshness: [unread] })),
      'no-viable-target: away: the age of its data is unknown: no reading',
    );
    assert.equal(away(59_000, 1001), 'no-viable-target: away: its data is 60 s old, 60 s are allowed');
    assert.equal(away(60_000, 5000), 'no-viable-target: away: its data is 65 s old, 60 s are allowed');
    assert.equal(away(60_000, 5001), 'looking: away: its data is 65 s old, 60 s are allowed');
    assert.equal(
      said(makeScene({ service: measured, freshness: [lag(70_000, 0)] }), { to: 'away' }),
      'no-viable-target: away: its data is 70 s old, 60 s are allowed',
      'asked for by name: one reason, and not that it were unknown',
    );
    const strict = { ...measured, sites: measured.sites.map(site => ({ ...site, maxLagMs: 5000 })) };
    assert.equal(away(5500, 0, strict), 'no-viable-target: away: its data is 5.5 s old, 5.0 s are allowed');
    assert.equal(away(10_000, 0, strict), 'no-viable-target: away: its data is 10 s old, 5.0 s are allowed');
    assert.equal(planOf(makeScene({ service: anyAge, freshness: [lag(600_000, 0)] })).to, 'away');
  });
});

describe('plan: sets and spans', () => {
  it('two sets are equal when all but the order of values is', () => {
    const set = { name: 'www.example.org', type: 'A', ttlS: 60, values: ['127.0.0.2', '127.0.0.1'] } as const;
    assert.ok(sameSet(set, { ...set, values: set.values.toReversed() }));
    assert.ok(sameSet({ ...set, values: set.values.toReversed() }, set));
    for (const other of [
      { ...set, name: 'example.org' },
      { ...set, type: 'AAAA' as const },
      { ...set, ttlS: 61 },
      { ...set, values: ['127.0.0.1'] },
      { ...set, values: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] },
      { ...set, values: ['127.0.0.1', '127.0.0.3'] },
    ])
      assert.ok(!sameSet(set, other), JSON.stringify(other));
  });

  it('a look at a standby counts for three fast rounds and the slowest probe, and for five seconds at least', () => {
    const [http] = makeService().probes;
    assert.ok(http !== undefined);
    const pace = { ...makeService().pace, fastMs: 2000 };
    const probes = [http, { ...http, id: 'slow', timeoutMs: 10_000 }];
    assert.equal(standbyFreshMs(makeService({ pace, probes })), 16_000);
    assert.equal(standbyFreshMs(makeService({ probes: [] })), 5000);
    assert.equal(standbyFreshMs(makeService()), 5000);
  });

  it('detection takes until both thresholds are reached, by the slowest required probe', () => {
    const [http] = makeService().probes;
    assert.ok(http !== undefined);
    const probes = [
      { ...http, timeoutMs: 3000 },
      { ...http, id: 'ping', required: false, timeoutMs: 9000 },
    ];
    const pace = { ...makeService().pace, intervalMs: 10_000, fastMs: 1000 };
    const span = (failures: number, failingForMs: number, fastMs = 1000) => {
      const thresholds = { ...makeService().thresholds, failures, failingForMs };
      const service = makeService({ probes, thresholds, pace: { ...pace, fastMs } });
      return worstCase(service, caseOf('failover').plan).detectMs - pace.intervalMs;
    };
    assert.equal(span(5, 100), 3000 + 3 * 1000 + 3000, 'by count');
    assert.equal(span(5, 100, 4000), 4000 + 3 * 4000 + 3000, 'the pace is slower than the time-out');
    assert.equal(span(1, 100), 3000 + 3000, 'one failure is enough');
    assert.equal(span(5, 20_000), 20_000 + 1000 + 3000, 'by time');
  });
});
