/**
 * The gate knows nothing of the planner: good plans are mutated at random and hashed anew, and what is let through must
 * still keep the invariants as they are spelled out here, in other words than the gate's. fast-check prints the seed.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ClaimStep, FlipStep, Plan, Step } from '../../src/model/plan.ts';
import type { RecordSet } from '../../src/model/signal.ts';
import { gate, refusals } from '../../src/plan/gate/gate.ts';
import { planHash } from '../../src/plan/hash.ts';
import { CASES, caseOf } from './cases.ts';
import { flipped, gateInput } from './scene.ts';

const TITLES = CASES.map(({ title }) => title);
const ALL = CASES.map(({ title }) => caseOf(title));
const SITES = ['home', 'away', 'third'] as const;
const STEPS: readonly Step[] = ALL.flatMap(({ plan }) => plan.steps);

const setArbitrary: fc.Arbitrary<RecordSet> = fc.record({
  name: fc.constantFrom('www.example.org', 'mx.example.org', 'example.org', '_understudy-web.example.org'),
  type: fc.constantFrom('A' as const, 'AAAA' as const, 'TXT' as const),
  ttlS: fc.constantFrom(60, 61),
  values: fc.subarray(['127.0.0.11', '127.0.0.12', '::1', '::2', '192.0.2.1'], {
    minLength: 1,
    maxLength: 2,
  }),
});

type Mutation = (plan: Plan) => Plan;

const onSteps =
  (change: (steps: readonly Step[]) => readonly Step[]): Mutation =>
  plan => ({
    ...plan,
    steps: change(plan.steps),
  });
const onFlip = (change: (flip: FlipStep['change']) => FlipStep['change']): Mutation =>
  onSteps(steps =>
    steps.map(step => (step.kind === 'flip' ? { ...step, change: change(step.change) } : step)),
  );

const onClaim = (change: (claim: ClaimStep['change']) => ClaimStep['change']): Mutation =>
  onSteps(steps =>
    steps.map(step => (step.kind === 'claim' ? { ...step, change: change(step.change) } : step)),
  );

const at = (length: number, index: number) => (length === 0 ? 0 : index % length);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.nat().map(n => onSteps(steps => steps.filter((_, index) => index !== at(steps.length, n)))),
  fc
    .tuple(fc.nat(), fc.constantFrom(...STEPS))
    .map(([n, step]) =>
      onSteps(steps => [
        ...steps.slice(0, at(steps.length + 1, n)),
        step,
        ...steps.slice(at(steps.length + 1, n)),
      ]),
    ),
  fc.tuple(fc.nat(), fc.nat()).map(([from, to]) =>
    onSteps(steps => {
      const step = steps[at(steps.length, from)];
      const rest = steps.filter(other => other !== step);
      const place = at(rest.length + 1, to);
      return step === undefined ? steps : [...rest.slice(0, place), step, ...rest.slice(place)];
    }),
  ),
  fc
    .tuple(fc.nat(), fc.constantFrom(...SITES))
    .map(([n, site]) =>
      onSteps(steps =>
        steps.map((step, index) =>
          index === at(steps.length, n) && 'site' in step ? { ...step, site } : step,
        ),
      ),
    ),
  fc.constantFrom(...SITES).map((to): Mutation => plan => ({ ...plan, to })),
  fc.constantFrom(...SITES).map((from): Mutation => plan => ({ ...plan, from })),
  fc
    .constantFrom('failover' as const, 'switchover' as const, 'withdraw' as const, 'restore' as const)
    .map((kind): Mutation => plan => ({ ...plan, kind })),
  fc.nat({ max: 8 }).map((baseEpoch): Mutation => plan => ({ ...plan, baseEpoch })),
  fc.nat({ max: 8 }).map(epoch => onFlip(flip => ({ ...flip, nextEpoch: { ...flip.nextEpoch, epoch } }))),
  fc
    .constantFrom(...SITES)
    .map(active => onFlip(flip => ({ ...flip, nextEpoch: { ...flip.nextEpoch, active } }))),
  fc
    .constantFrom('www.example.org', '_understudy-mail.example.org')
    .map(epochName => onFlip(flip => ({ ...flip, epochName }))),
  fc.option(setArbitrary).map(expectEpoch => onFlip(flip => ({ ...flip, expectEpoch }))),
  setArbitrary.map(set => onFlip(flip => ({ ...flip, upserts: [...flip.upserts, set] }))),
  setArbitrary.map(set => onFlip(flip => ({ ...flip, upserts: [set] }))),
  setArbitrary.map(set => onFlip(flip => ({ ...flip, deletes: [...flip.deletes, set] }))),
  fc.constant(onFlip(flip => ({ ...flip, upserts: [], deletes: [] }))),
  fc.constant(onFlip(flip => ({ ...flip, expectEpoch: 'claimed' }))),
  fc.nat({ max: 8 }).map(epoch => onClaim(claim => ({ ...claim, nextEpoch: { ...claim.nextEpoch, epoch } }))),
  fc.constant(
    onClaim(({ nextEpoch: { epoch, active }, ...claim }) => ({ ...claim, nextEpoch: { epoch, active } })),
  ),
  fc
    .constantFrom(...SITES)
    .map(active => onClaim(claim => ({ ...claim, nextEpoch: { ...claim.nextEpoch, active } }))),
  fc.constant(onClaim(claim => ({ ...claim, epochName: '_understudy-mail.example.org' }))),
  fc.option(setArbitrary).map(expectEpoch => onClaim(claim => ({ ...claim, expectEpoch }))),
  setArbitrary.map(set => onClaim(claim => ({ ...claim, upserts: [set] }))),
  fc
    .subarray(['v4', 'v6'] as const)
    .map(families =>
      onSteps(steps => steps.map(step => ('families' in step ? { ...step, families } : step))),
    ),
  fc
    .subarray(['v4', 'v6'] as const)
    .map(families =>
      onSteps(steps => steps.map(step => (step.kind === 'verify' ? { ...step, families } : step))),
    ),
  fc
    .constantFrom('1', '2')
    .map(server => onSteps(steps => steps.map(step => (step.kind === 'fence' ? { ...step, server } : step)))),
  fc.constantFrom('skip-fence' as const, 'mode-act' as const, 'allow-data-loss' as const).map(
    (override): Mutation =>
      plan =>
        plan.origin.by === 'judge' ? { ...plan, overrides: [override] } : plan,
  ),
);

/** What no plan may do that is let through; said without the gate's help. */
function sins(plan: Plan, title: string): readonly string[] {
  const { scene } = caseOf(title);
  const { service } = scene;
  const kinds = plan.steps.map(step => step.kind);
  const first = (kind: Step['kind']) => kinds.indexOf(kind);
  const found: string[] = [];
  const say = (wrong: boolean, what: string) => wrong && found.push(what);
  const flips = plan.steps.filter(step => step.kind === 'flip');
  const skipped = plan.origin.by === 'operator' && plan.overrides.includes('skip-fence');
  say(flips.length !== 1, 'not one flip');
  say(plan.from !== 'home', 'leaves a site that is not active');
  const gaveUp = first(plan.kind === 'failover' ? 'fence' : 'quiesce');
  if (first('promote') !== -1 && !skipped)
    say(gaveUp === -1 || gaveUp > first('promote'), 'promotes before fence');
  if (plan.to !== 'home') {
    say(!service.stateless && !skipped && (gaveUp === -1 || gaveUp > first('flip')), 'flips before fence');
    say(kinds.lastIndexOf('promote') > first('flip'), 'flips before promote');
    say(
      !plan.steps.slice(0, first('flip')).some(step => step.kind === 'check' && step.site === plan.to),
      'flips without a check',
    );
  }
  for (const step of plan.steps) {
    if (step.kind === 'fence')
      say(step.site !== 'home' || step.server !== (service.sites[0]?.server ?? null), 'fences another');
    if (step.kind === 'promote')
      say(step.site === 'home' || step.site !== plan.to, 'promotes the wrong site');
  }
  const claims = plan.steps.flatMap(step => (step.kind === 'claim' ? [step] : []));
  if (plan.to !== 'home') say(claims.length !== 1 || first('claim') !== 0, 'acts before it has the epoch');
  for (const { change } of claims) {
    say(change.upserts.length + change.deletes.length > 0, 'claims more than the epoch');
    say(change.epochName !== service.dns.epochName, 'claims another epoch');
    say(change.nextEpoch.active !== 'home', 'claims for another site');
    say(change.nextEpoch.claim === undefined, 'a claim that nobody would see');
  }
  for (const { change } of flips) {
    const sets = [...change.upserts, ...change.deletes];
    say(change.epochName !== service.dns.epochName, 'another epoch');
    say(
      sets.some(set => set.type === 'TXT'),
      'touches a TXT',
    );
    say(
      sets.some(set => !service.dns.records.includes(set.name)),
      'an unowned name',
    );
    const before = scene.zone?.epoch?.epoch ?? 0;
    const [claim] = claims;
    say(change.nextEpoch.epoch !== before + 1 + claims.length, 'raises the epoch by other than one a change');
    say(change.nextEpoch.active !== plan.to, 'names another site');
    say((change.expectEpoch === 'claimed') !== (claim !== undefined), 'flips on what it has not claimed');
    const expected = claim === undefined ? change.expectEpoch : claim.change.expectEpoch;
    say(
      expected !== 'claimed' && (expected?.values[0] ?? null) !== (scene.zone?.epochSet?.values[0] ?? null),
      'expects another epoch',
    );
  }
  if (scene.zone === null || flips.length !== 1) return found;
  const after = flipped(scene.zone, plan).records.flatMap(set => set.values);
  const target = Object.values(service.sites.find(site => site.name === plan.to)?.addresses ?? {});
  say(after.length === 0, 'leaves no address');
  say(
    after.some(value => !target.includes(value)),
    'answers with another site',
  );
  return found;
}

describe('gate: what a faulty planner could draft', () => {
  it('lets nothing through that breaks an invariant, however a good plan is mutated', () => {
    let passed = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...TITLES),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (title, mutations) => {
          const { plan, scene } = caseOf(title);
          const mutated = mutations.reduce((made, mutate) => mutate(made), plan);
          const whole = { ...mutated, hash: planHash(mutated) };
          if (refusals(gate(gateInput(scene, whole))).length > 0) return;
          passed += 1;
          assert.deepEqual(sins(whole, title), []);
        },
      ),
      { numRuns: 4000 },
    );
    assert.ok(passed > 20, `only ${passed} mutations were let through: the property says too little`);
  });

  it('finds fault with none of the good plans', () => {
    for (const { title, plan } of ALL) assert.deepEqual(sins(plan, title), [], title);
  });

  it('refuses any change that was not hashed anew', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TITLES), mutation, (title, mutate) => {
        const { plan, scene } = caseOf(title);
        const mutated = mutate(plan);
        fc.pre(planHash(mutated) !== plan.hash);
        assert.ok(refusals(gate(gateInput(scene, mutated))).some(row => row.code === 'hash'));
      }),
      { numRuns: 500 },
    );
  });
});
