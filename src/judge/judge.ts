/** Observation → Verdict by the table of rules.ts, and the same reasoning row by row for `understudy why`. */
import type { Facts, Observation } from '../model/observation.ts';
import type { Verdict } from '../model/verdict.ts';
import { cellMatches, FACT_NAMES, matches, RULES, type Rule } from './rules.ts';

/** @returns the class of the first rule that matches; the last rule matches all */
export function judge(observation: Observation): Verdict {
  const rule = firstMatch(observation.facts);
  return {
    service: observation.service,
    site: observation.site,
    class: rule.class,
    rule: rule.number,
    sentence: rule.sentence,
    at: observation.at,
  };
}

function firstMatch(facts: Facts): Rule {
  for (const rule of RULES) if (matches(rule, facts)) return rule;
  throw new Error('the last rule of the judge must match everything');
}

/** One fact as one rule saw it. */
export interface RuleCell {
  readonly fact: keyof Facts;
  readonly value: string;
  readonly wanted: readonly string[];
  readonly ok: boolean;
}

export interface RuleTrace {
  readonly rule: Rule;
  readonly matched: boolean;
  /** Only the facts that the rule names. */
  readonly cells: readonly RuleCell[];
}

/** @returns every rule up to and with the one that matched, with value and wanted values of each fact it names */
export function explain(facts: Facts): readonly RuleTrace[] {
  const traces: RuleTrace[] = [];
  for (const rule of RULES) {
    const matched = matches(rule, facts);
    const cells = FACT_NAMES.flatMap((name): RuleCell[] => {
      const wanted = rule.when[name];
      return wanted === undefined
        ? []
        : [{ fact: name, value: facts[name], wanted, ok: cellMatches(rule, facts, name) }];
    });
    traces.push({ rule, matched, cells });
    if (matched) break;
  }
  return traces;
}
