/** The judge's table over its whole alphabet, and the other closed tables that hang on it. */
import assert from 'node:assert/strict';
import { explain, judge } from '../../src/judge/judge.ts';
import { cellMatches, FACT_NAMES, matches, RULES } from '../../src/judge/rules.ts';
import { FACT_VALUES, type Facts, type Observation } from '../../src/model/observation.ts';
import {
  DEFAULT_POLICY,
  POLICIES,
  RESPONSES,
  type Verdict,
  VERDICT_CLASSES,
} from '../../src/model/verdict.ts';
import { GATE_ROWS } from '../../src/plan/gate/rows.ts';

/** Every combination of the facts there is. */
function* allFacts(names: readonly (keyof Facts)[] = FACT_NAMES): Generator<Facts> {
  const [name, ...rest] = names;
  if (name === undefined) {
    yield {} as Facts;
    return;
  }
  for (const others of allFacts(rest))
    for (const value of FACT_VALUES[name]) yield { ...others, [name]: value };
}

const COMBINATIONS = FACT_NAMES.reduce((product, name) => product * FACT_VALUES[name].length, 1);

function observation(facts: Facts): Observation {
  return {
    service: 'web',
    site: 'home',
    at: 1,
    families: [],
    host: null,
    hostAgeMs: null,
    warnings: [],
    facts,
  };
}

describe('judge: the table', () => {
  it('walks what it means to walk', () => {
    assert.equal([...allFacts()].length, COMBINATIONS);
    assert.equal(COMBINATIONS, 2 * 3 * 6 * 7 * 3 * 3 * 2);
  });

  it('has a rule for every combination of facts, and the reasoning ends at the rule that decided', () => {
    for (const facts of allFacts()) {
      const verdict = judge(observation(facts));
      const trace = explain(facts);
      assert.equal(trace.at(-1)?.rule.number, verdict.rule);
      assert.equal(trace.filter(({ matched }) => matched).length, 1);
    }
  });

  it('reaches every rule as the first match of some combination', () => {
    const reached = new Set<number>();
    for (const facts of allFacts()) reached.add(judge(observation(facts)).rule);
    assert.deepEqual(
      RULES.map(({ number }) => number).filter(number => !reached.has(number)),
      [],
    );
  });

  it('has numbers that are unique and ascend, and sentences that differ', () => {
    const numbers = RULES.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    assert.equal(new Set(RULES.map(({ sentence }) => sentence)).size, RULES.length);
    for (const { number, sentence } of RULES)
      assert.match(sentence, /\w+ \w+/, `rule ${number} says nothing`);
  });

  it('names only facts and values that exist', () => {
    for (const rule of RULES) {
      for (const [name, wanted] of Object.entries(rule.when)) {
        const known: readonly string[] = FACT_VALUES[name as keyof Facts];
        assert.ok(
          wanted.length > 0 && wanted.length < known.length,
          `rule ${rule.number}: ${name} says nothing`,
        );
        assert.deepEqual(
          wanted.filter(value => !known.includes(value)),
          [],
        );
      }
    }
  });

  it('a row allows every value of a fact that it does not name, and of one it names only the listed', () => {
    for (const facts of allFacts(['control', 'observer'])) {
      const [rolledBack] = RULES;
      assert.ok(rolledBack !== undefined);
      assert.ok(cellMatches(rolledBack, facts, 'observer'), facts.observer);
      assert.equal(cellMatches(rolledBack, facts, 'control'), facts.control === 'rolled-back');
    }
  });

  it('gives each class a rule, a response and a default policy; a class that calls for nothing is only observed', () => {
    for (const name of VERDICT_CLASSES) {
      assert.ok(
        RULES.some(rule => rule.class === name),
        `${name} has no rule`,
      );
      assert.ok(POLICIES.includes(DEFAULT_POLICY[name]));
      if (RESPONSES[name] === 'none') assert.equal(DEFAULT_POLICY[name], 'observe', name);
    }
    assert.deepEqual(Object.keys(RESPONSES).sort(), [...VERDICT_CLASSES].sort());
    assert.deepEqual(Object.keys(DEFAULT_POLICY).sort(), [...VERDICT_CLASSES].sort());
  });
});

describe('judge: what must never be', () => {
  let verdicts: readonly { readonly facts: Facts; readonly verdict: Verdict }[] = [];
  let acting: typeof verdicts = [];
  before(() => {
    verdicts = [...allFacts()].map(facts => ({ facts, verdict: judge(observation(facts)) }));
    acting = verdicts.filter(({ verdict }) => RESPONSES[verdict.class] === 'failover');
  });

  it('never calls for a failover by itself unless our own network is proven up', () => {
    const blind = acting.filter(
      ({ facts, verdict }) => facts.observer !== 'online' && DEFAULT_POLICY[verdict.class] === 'act',
    );
    assert.ok(acting.length > 0);
    assert.deepEqual(blind, []);
  });

  it('says nothing but OBSERVER_OFFLINE while our own network is down, whatever the hoster says', () => {
    const offline = verdicts.filter(({ facts }) => facts.observer === 'offline' && facts.control === 'ok');
    assert.deepEqual([...new Set(offline.map(({ verdict }) => verdict.class))], ['OBSERVER_OFFLINE']);
  });

  it('never calls for anything after a rollback of the control plane', () => {
    const rolled = verdicts.filter(({ facts }) => facts.control === 'rolled-back');
    assert.deepEqual([...new Set(rolled.map(({ verdict }) => verdict.class))], ['ROLLED_BACK']);
  });

  it('never calls for a failover while every essential probe is well, whatever the hoster says', () => {
    assert.deepEqual(
      acting.filter(({ facts }) => facts.essential === 'ok'),
      [],
    );
  });

  it('says HEALTHY only when no fact speaks against it', () => {
    const healthy = verdicts.filter(({ verdict }) => verdict.class === 'HEALTHY');
    assert.ok(healthy.length > 0);
    for (const { facts } of healthy) {
      assert.equal(facts.essential, 'ok');
      assert.equal(facts.lock, 'none');
      assert.equal(facts.warnings, 'none');
      assert.ok(['none', 'ok', 'no-data'].includes(facts.other), facts.other);
    }
  });

  it('has one rule at most for each set of facts that is the last to match all', () => {
    const open = RULES.filter(rule => [...allFacts()].every(facts => matches(rule, facts)));
    assert.deepEqual(
      open.map(({ number }) => number),
      [RULES.at(-1)?.number],
    );
  });
});

describe('gate: the table', () => {
  it('has numbers that are unique and ascend, codes and sentences that differ', () => {
    const numbers = GATE_ROWS.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    for (const key of ['code', 'sentence'] as const)
      assert.equal(new Set(GATE_ROWS.map(row => row[key])).size, GATE_ROWS.length);
    for (const { code, sentence } of GATE_ROWS) assert.match(sentence, /\w+ \w+/, `${code} says nothing`);
  });
});
