/**
 * What the state file is believed: records that are well-formed and cannot be are refused at their place, and nothing that the
 * program writes on a bad night is.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ClaimStep, FlipStep } from '../../src/model/plan.ts';
import type { Change, JournalEntry } from '../../src/model/state.ts';
import { StoreError } from '../../src/ports/errors.ts';
import { generate } from '../../src/simulate/generate.ts';
import { runScript } from '../../src/simulate/run.ts';
import { parseScenario } from '../../src/simulate/scenario/parse.ts';
import { FRESH_STATE, patched, type PatchedState } from '../../src/store/common.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Shape } from '../../src/store/shape.ts';
import { SHAPES } from '../../src/store/shapes.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { makeWorkspace } from '../workspace.ts';
import { auditEntry, decision, evidence, hold, incident, intent, notice, plan, run } from './records.ts';

const state = (change: Partial<PatchedState> = {}): PatchedState => ({
  ...FRESH_STATE,
  active: 'home',
  epoch: 4,
  maxEpoch: 4,
  published: ['v4'],
  ...change,
});

type Kept = keyof typeof SHAPES;

const change = { epochName: '_understudy-chat.example.org', ttlS: 60, upserts: [], deletes: [] };
const claim: ClaimStep = {
  kind: 'claim',
  limitMs: 30_000,
  settleMs: 315_000,
  change: {
    ...change,
    expectEpoch: { name: change.epochName, type: 'TXT', ttlS: 60, values: ['"x"'] },
    nextEpoch: { epoch: 5, active: 'home', claim: { busyS: 680, stepS: 315 } },
  },
};
const flip: FlipStep = {
  kind: 'flip',
  limitMs: 30_000,
  change: { ...change, expectEpoch: 'claimed', nextEpoch: { epoch: 6, active: 'away' } },
};

/** One whole record of each kind. */
const WHOLE: Readonly<Record<Kept, unknown>> = {
  service: state({
    quarantined: [{ site: 'away', since: 5, run: 'r-1' }],
    rival: { owner: 'r-other', since: 5, busyMs: 680_000, stepMs: 315_000, until: null },
    tried: ['away'],
    ackedRun: 'r-7',
  }),
  hold: hold(),
  verdict: decision().verdict,
  decision: decision(),
  incident: incident({ closedAt: 9 }),
  plan: plan({ steps: [claim, flip, { kind: 'announce', limitMs: 1000 }] }),
  run: run({ status: 'done', endedAt: 9 }),
  journal: intent(),
  evidence: evidence(10),
  notice: notice(),
  audit: auditEntry(),
};

const shapeOf = (kept: Kept): Shape => SHAPES[kept];
const check = (kept: Kept, value: unknown) => shapeOf(kept)(value, kept);

/** @returns a copy in which the value at the path is another */
function withValue(whole: unknown, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(whole);
  let at = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}

/** @returns the paths of all numbers in it */
function numbersIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

describe('the records of the state file', () => {
  it('are taken when they are whole', () => {
    for (const [kept, value] of Object.entries(WHOLE)) assert.equal(check(kept as Kept, value), null, kept);
  });

  const ODD: readonly (readonly [Kept, string, unknown, string])[] = [
    ['service', 'epoch', -1, 'service.epoch is a number, not a whole number from 0'],
    ['service', 'epoch', 5, 'service.epoch is higher than the highest that was seen'],
    ['service', 'maxEpoch', 3, 'service.epoch is higher than the highest that was seen'],
    ['service', 'active', 'ho me', 'service.active is a string, not a name'],
    ['service', 'active', '', 'service.active is a string, not a name'],
    ['service', 'tried.0', 'a=b', 'service.tried[0] is a string, not a name'],
    [
      'service',
      'quarantined.0.since',
      -1,
      'service.quarantined[0].since is a number, not an instant from 1970 to 9999',
    ],
    ['service', 'rival', undefined, 'service.rival is missing, not an object'],
    ['service', 'rival.owner', 'r other', 'service.rival.owner is a string, not a name'],
    ['service', 'rival.since', null, 'service.rival.since is null, not an instant from 1970 to 9999'],
    ['service', 'rival.busyMs', -1, 'service.rival.busyMs is a number, not a span of time'],
    ['service', 'rival.stepMs', '1', 'service.rival.stepMs is a string, not a span of time'],
    ['service', 'ackedRun', 9, 'service.ackedRun is a number, not a name'],
    ['hold', 'until', 0, 'hold.until lies before its since'],
    ['hold', 'since', -5, 'hold.since is a number, not an instant from 1970 to 9999'],
    ['run', 'endedAt', null, 'run.endedAt and its status do not go together'],
    ['run', 'status', 'interrupted', 'run.endedAt and its status do not go together'],
    ['run', 'token', 'a token', 'run.token is a string, not a name'],
    ['plan', 'expiresAt', 0, 'plan.expiresAt lies before its createdAt'],
    ['plan', 'baseEpoch', -4, 'plan.baseEpoch is a number, not a whole number from 0'],
    ['plan', 'steps.0.limitMs', -1, 'plan.steps[0].limitMs is a number, not a span of time'],
    ['plan', 'steps.0.settleMs', -1, 'plan.steps[0].settleMs is a number, not a span of time'],
    [
      'plan',
      'steps.0.change.expectEpoch',
      'claimed',
      'plan.steps[0].change.expectEpoch is a string, not an object',
    ],
    [
      'plan',
      'steps.0.change.nextEpoch.claim.busyS',
      0.5,
      'plan.steps[0].change.nextEpoch.claim.busyS is a number, not a whole number from 0',
    ],
    ['plan', 'steps.1.change.expectEpoch', 'mine', 'plan.steps[1].change.expectEpoch is none of claimed'],
    ['plan', 'steps.1.change.expectEpoch', 7, 'plan.steps[1].change.expectEpoch is a number, not an object'],
    ['decision', 'service', 'mail', 'decision.verdict is about another service'],
    ['decision', 'observation.service', 'mail', 'decision.observation is about another service'],
    ['decision', 'observation.site', 'away', 'decision.verdict is about another site than its observation'],
    ['decision', 'verdict.rule', -1, 'decision.verdict.rule is a number, not a whole number from 0'],
    ['journal', 'step', 0.5, 'journal.step is a number, not a whole number from 0'],
    ['evidence', 'samples.0.tookMs', -1, 'evidence.samples[0].tookMs is a number, not a span of time'],
    ['evidence', 'freshness.0.lagMs', -1, 'evidence.freshness[0].lagMs is a number, not a span of time'],
  ];
  for (const [kept, path, value, wanted] of ODD)
    it(`are refused with ${kept}.${path} = ${JSON.stringify(value)}`, () => {
      assert.equal(check(kept, withValue(WHOLE[kept], path.split('.'), value)), wanted);
    });

  it('of a clock that was set back are taken: a run that ended before it began', () => {
    assert.equal(check('run', run({ status: 'done', startedAt: 100, endedAt: 5 })), null);
    assert.equal(check('incident', incident({ openedAt: 100, closedAt: 5 })), null);
  });

  it('never hold a number below zero, nor an instant that no clock shows', () => {
    const places = (Object.keys(WHOLE) as Kept[]).flatMap(kept =>
      numbersIn(WHOLE[kept]).map(path => ({ kept, path })),
    );
    // What nobody reads as an amount: the facts of a probe, what a notice carries, and differences of two wall clocks.
    const free = (path: readonly string[]) =>
      path.some(key => ['facts', 'data', 'hostAgeMs', 'failingForMs', 'okForMs'].includes(key));
    const checked = places.filter(({ path }) => !free(path));
    assert.ok(checked.length > 25, String(checked.length));
    fc.assert(
      fc.property(
        fc.constantFrom(...checked),
        fc.oneof(fc.integer({ max: -1 }), fc.double({ max: -1, noNaN: true })),
        ({ kept, path }, value) => {
          const wrong = check(kept, withValue(WHOLE[kept], path, value));
          const last = path.at(-1) ?? '';
          return wrong !== null && (wrong.includes(last) || wrong.includes('is none of'));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are refused by the store with the file and the place', async () => {
    const path = join(makeWorkspace('shapes'), 'state.db');
    const store = await openSqliteStore(path);
    await store.commit([{ kind: 'hold', hold: hold() }]);
    await store.acquire('web', 'one', 1000, 5);
    await store.close();
    const db = openDatabase(path, 1000);
    db.run('update hold set body = ?', JSON.stringify(hold({ until: 0 })));
    db.run('update lease set until = -1');
    db.close();
    const again = await openSqliteStore(path);
    try {
      for (const [ask, place] of [
        [() => again.service('chat'), 'hold.until lies before its since'],
        [() => again.acquire('web', 'two', 1000, 9), 'lease.until is a number'],
      ] as const)
        await assert.rejects(ask, (thrown: unknown) => {
          assert.ok(thrown instanceof StoreError);
          assert.equal(thrown.code, 'store-corrupt');
          assert.ok(thrown.message.includes(path) && thrown.message.includes(place), thrown.message);
          return true;
        });
    } finally {
      await again.close();
    }
  });
});

/** What a change puts into the state file, by the name of its shape. */
function* keptOf(change: Change, states: Map<string, PatchedState>): Generator<readonly [Kept, unknown]> {
  switch (change.kind) {
    case 'service': {
      const now = patched(states.get(change.service) ?? FRESH_STATE, change.patch);
      states.set(change.service, now);
      return yield ['service', now];
    }
    case 'decision':
      yield ['verdict', change.decision.verdict];
      return yield ['decision', change.decision];
    case 'hold':
      return yield ['hold', change.hold];
    case 'incident':
      return yield ['incident', change.incident];
    case 'plan':
      return yield ['plan', change.plan];
    case 'run':
      return yield ['run', change.run];
    case 'journal':
      return yield ['journal', change.entry satisfies JournalEntry];
    case 'evidence':
      return yield ['evidence', change.evidence];
    case 'notice':
      return yield ['notice', change.notice];
    case 'audit':
      return yield ['audit', change.entry];
    default:
  }
}

describe('what the program writes', function () {
  this.timeout(120_000);

  it('on simulated nights of jumping clocks, crashes and people is all taken back from the state file', async () => {
    const seen = new Set<Kept>();
    const scripts = Array.from({ length: 10 }, (_, seed) => generate(seed + 1, 2));
    for (const name of ['hold-in-the-middle', 'clock-jumps', 'crash-mid-flip']) {
      const file = new URL(`../scenarios/${name}.scenario`, import.meta.url);
      scripts.push(parseScenario(readFileSync(file, 'utf8'), name).script);
    }
    for (const [index, script] of scripts.entries()) {
      const stations = new Map<string, Map<string, PatchedState>>();
      await runScript(script, {
        calm: index < 10,
        onEvent: event => {
          if (event.kind !== 'commit') return;
          const states = stations.get(event.by.station) ?? new Map<string, PatchedState>();
          stations.set(event.by.station, states);
          for (const change of event.changes)
            for (const [kept, value] of keptOf(change, states)) {
              seen.add(kept);
              // As it comes back: JSON drops what is undefined.
              assert.equal(check(kept, JSON.parse(JSON.stringify(value))), null, `script ${index}`);
            }
        },
      });
    }
    assert.deepEqual([...seen].sort(), Object.keys(SHAPES).sort());
  });
});
