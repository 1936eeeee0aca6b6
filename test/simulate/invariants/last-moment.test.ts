/** What is asked for at the last moment before people are moved: gone-back.ts, proven-target.ts, true-epoch.ts. */
import assert from 'node:assert/strict';
import type { Plan, Step, VerifyStep } from '../../../src/model/plan.ts';
import type { Change, Run } from '../../../src/model/state.ts';
import { buildCast } from '../../../src/simulate/cast.ts';
import type { Actor, Checker, Event, Truth } from '../../../src/simulate/events.ts';
import { createGoneBack } from '../../../src/simulate/invariants/gone-back.ts';
import { Past } from '../../../src/simulate/invariants/past.ts';
import { createProvenTarget } from '../../../src/simulate/invariants/proven-target.ts';
import { createTrueEpoch } from '../../../src/simulate/invariants/true-epoch.ts';

const CAST = buildCast({ services: [{ name: 'web', sites: [{ name: 'home' }, { name: 'away' }] }] });

function actor(program: string): Actor {
  return { process: `${program}-1`, station: 'desk', program };
}
const RUN = actor('run');

/** A checker with its past, the events it is shown, and the truth that it may ask. */
class Bench {
  readonly past = new Past(CAST);
  readonly checker: Checker;
  writer = 'home';
  epoch = 7;
  #now = 0;

  constructor(create: (past: Past) => Checker) {
    this.checker = create(this.past);
  }

  see(event: Record<string, unknown>): string | null {
    this.#now += 1000;
    const now = this.#now;
    // Only what these three ask for.
    const truth = {
      now,
      takesWrites: (_: string, site: string) => site === this.writer,
      isFenced: () => false,
      isOnline: () => true,
      epoch: () => ({ epoch: this.epoch }),
    } as unknown as Truth;
    const whole = { at: now, by: RUN, ...event } as unknown as Event;
    this.past.take(whole, truth);
    return this.checker.see(whole, truth);
  }

  commit(changes: readonly unknown[], program = 'run'): string | null {
    return this.see({
      kind: 'commit',
      changes: changes as readonly Change[],
      wall: this.#now,
      by: actor(program),
    });
  }

  zone(epoch: number, more: Record<string, unknown> = {}): string | null {
    const epochAfter = { epoch, active: 'away', owner: 'r-1' };
    const empty = { before: [], after: [], epochBefore: { epoch: this.epoch } };
    this.epoch = epoch;
    return this.see({
      kind: 'zone',
      service: 'web',
      epochAfter,
      ...empty,
      askedAt: this.#now + 1000,
      ...more,
    });
  }

  toldZone(epoch: number): string | null {
    const view = { epochSet: null, epoch: { epoch, active: 'home', owner: 'r-0' }, records: [] };
    return this.see({ kind: 'told-zone', service: 'web', view });
  }

  probe(ok: boolean, family = 'v4'): string | null {
    const place = { service: 'web', site: 'away', probe: 'http', family };
    return this.see({ kind: 'told-probe', ...place, ok, from: this.#now + 500 });
  }
}

function patch(fields: Record<string, unknown>): unknown {
  return { kind: 'service', service: 'web', patch: fields };
}

describe('invariant 4: an epoch never goes back', () => {
  it('what is higher is written down, and what a person accepts may be lower', () => {
    const bench = new Bench(createGoneBack);
    assert.equal(bench.commit([patch({ maxEpoch: 7 })]), null);
    assert.equal(bench.zone(8), null);
    assert.equal(bench.commit([patch({ maxEpoch: 8 })]), null);
    assert.equal(bench.commit([patch({ maxEpoch: 3 })], 'accept-epoch'), null);
    assert.equal(bench.zone(4), null);
  });

  it('lowered by a look, it is wrong', () => {
    const bench = new Bench(createGoneBack);
    bench.commit([patch({ maxEpoch: 7 })]);
    assert.equal(
      bench.commit([patch({ maxEpoch: 6 })]),
      'run-1 (run) lowered the highest epoch seen of web from 7 to 6, and no person has accepted that',
    );
  });

  it('written over a zone that was rolled back, it is wrong; what was asked for long before is not', () => {
    const bench = new Bench(createGoneBack);
    bench.commit([patch({ maxEpoch: 7 })]);
    assert.equal(bench.zone(7), 'run-1 wrote epoch 7 of web, and its station had seen 7');
    assert.equal(bench.zone(7, { askedAt: 1 }), null);
    assert.equal(bench.zone(5, { by: null }), null);
  });
});

const STEPS = [
  { kind: 'promote', site: 'away' },
  { kind: 'check', site: 'away' },
  { kind: 'flip' },
  { kind: 'verify', families: ['v4'] } as unknown as VerifyStep,
] as unknown as readonly Step[];

function begun(bench: Bench, plan: Partial<Plan> = {}): void {
  const whole = {
    id: 'p-1',
    service: 'web',
    kind: 'failover',
    from: 'home',
    to: 'away',
    steps: STEPS,
    ...plan,
  };
  const run: Partial<Run> = {
    id: 'r-1',
    plan: 'p-1',
    service: 'web',
    kind: 'failover',
    to: 'away',
    token: 'r-1',
  };
  bench.commit([
    { kind: 'plan', plan: whole, status: 'started' },
    { kind: 'run', run: { ...run, status: 'running', flipped: false } },
  ]);
}

function intent(bench: Bench, kind: string): void {
  bench.commit([{ kind: 'journal', entry: { run: 'r-1', step: 0, kind, at: 0, event: 'intent' } }]);
}

function promoted(bench: Bench): void {
  bench.see({ kind: 'promoted', service: 'web', site: 'away', run: 'r-1' });
}

describe('invariant 8: nobody is sent to a standby that is not well', () => {
  it('promoted, checked, then moved', () => {
    const bench = new Bench(createProvenTarget);
    begun(bench);
    intent(bench, 'promote');
    promoted(bench);
    intent(bench, 'check');
    bench.probe(true);
    assert.equal(bench.zone(8), null);
  });

  it('a check that did not pass, or was not made, is seen', () => {
    const bench = new Bench(createProvenTarget);
    begun(bench);
    bench.probe(true);
    intent(bench, 'promote');
    promoted(bench);
    assert.equal(bench.zone(8), 'run-1 moved web to away for run r-1, and had not checked it');
    intent(bench, 'check');
    bench.probe(false);
    const unpassed = 'http v4 had not passed there since it was to be checked';
    assert.equal(bench.zone(8), `run-1 moved web to away for run r-1, and ${unpassed}`);
    bench.probe(true, 'v6');
    assert.equal(bench.zone(8), `run-1 moved web to away for run r-1, and ${unpassed}`);
  });

  it('a promotion that did nothing is seen, unless its check lied; one of an earlier run counts', () => {
    const bench = new Bench(createProvenTarget);
    begun(bench);
    intent(bench, 'promote');
    intent(bench, 'check');
    bench.probe(true);
    const said =
      'run-1 moved web to away for run r-1, and it had not taken writes since it was to be promoted';
    assert.equal(bench.zone(8), said);
    bench.writer = 'away';
    intent(bench, 'promote');
    bench.writer = 'home';
    assert.equal(bench.zone(8), null);

    const liar = new Bench(createProvenTarget);
    begun(liar);
    const fault = { kind: 'command', service: 'web', site: 'away', command: 'promote-check', how: 'lies' };
    liar.see({ kind: 'happening', happening: fault, over: false });
    intent(liar, 'promote');
    intent(liar, 'check');
    liar.probe(true);
    assert.equal(liar.zone(8), null);
  });

  it('a change that moves nothing, or is not ours, is not judged', () => {
    const bench = new Bench(createProvenTarget);
    begun(bench, { kind: 'restore', from: 'away' });
    assert.equal(bench.zone(8), null);
    assert.equal(bench.zone(8, { by: null }), null);
  });
});

describe('invariant 10: an answer that makes no sense is no reading', () => {
  it('what was told, or written since, may be written down', () => {
    const bench = new Bench(createTrueEpoch);
    bench.toldZone(7);
    assert.equal(bench.commit([patch({ epoch: 7 })]), null);
    bench.zone(8);
    assert.equal(bench.commit([patch({ epoch: 8 })]), null);
    assert.equal(bench.commit([patch({ maxEpoch: 0 })]), null);
  });

  it('an epoch that nobody told of is wrong', () => {
    const bench = new Bench(createTrueEpoch);
    assert.equal(
      bench.commit([patch({ epoch: 0 })]),
      'run-1 wrote down epoch 0 of web, which its station was never told of (nothing)',
    );
    bench.toldZone(7);
    assert.equal(
      bench.commit([patch({ epoch: 0 })]),
      'run-1 wrote down epoch 0 of web, which its station was never told of (7)',
    );
  });

  it('an epoch of before is no roll-back, one that the zone has held since is', () => {
    const known = () => {
      const bench = new Bench(createTrueEpoch);
      bench.toldZone(7);
      bench.toldZone(8);
      bench.zone(8);
      assert.equal(bench.commit([patch({ epoch: 8, maxEpoch: 8 })]), null);
      return bench;
    };
    const back = [patch({ epoch: 7 })];
    assert.equal(
      known().commit(back),
      'run-1 wrote down epoch 7 of web, which the zone has not held since its station knew of 8',
    );
    const rolled = known();
    rolled.zone(7, { by: null });
    assert.equal(rolled.commit(back), null);
    rolled.zone(9);
    assert.equal(rolled.commit(back), null, 'it had');
    assert.equal(known().commit([patch({ epoch: 7, maxEpoch: 7 })]), null, 'a person has accepted it');
    const mended = known();
    mended.zone(7, { by: null });
    mended.epoch = 9;
    assert.equal(mended.commit(back), null, 'it had, until a person mended it in silence');
  });
});
