/** The tables of judge, policy and gate, printed from the very rows that decide. The print is held by a golden file. */
import { FACT_NAMES, RULES, type Rule } from '../../judge/rules.ts';
import { FACT_VALUES } from '../../model/observation.ts';
import { DEFAULT_POLICY, RESPONSES, VERDICT_CLASSES, type VerdictClass } from '../../model/verdict.ts';
import { GATE_ROWS } from '../../plan/gate/rows.ts';
import { painter, wrap } from './text.ts';

/** The same as plain data. */
export function rulesData() {
  return {
    facts: FACT_VALUES,
    rules: RULES.map(({ number, class: verdict, when, sentence }) => ({
      number,
      class: verdict,
      when,
      sentence,
    })),
    classes: VERDICT_CLASSES.map(name => ({
      class: name,
      response: RESPONSES[name],
      defaultPolicy: DEFAULT_POLICY[name],
      rules: rulesOf(name),
    })),
    gate: GATE_ROWS.map(({ number, code, sentence, applies }) => ({ number, code, sentence, applies })),
  };
}

function rulesOf(name: VerdictClass): readonly number[] {
  return RULES.filter(rule => rule.class === name).map(({ number }) => number);
}

/** @param colours whether a person reads it in a terminal */
export function rulesText(colours: boolean): string {
  const paint = painter(colours);
  const title = (text: string, more: string) => [paint.bold(text), wrap(more, ''), ''];
  return [
    ...title(
      'The judge',
      'The first rule that matches names the class. A fact that a rule does not name may have any value.',
    ),
    ...RULES.map(ruleLines),
    '',
    ...title(
      'What a class calls for',
      'The policy is the default; the config sets another under `policy`, and `mode` is the ceiling.',
    ),
    `  ${'class'.padEnd(17)}${'response'.padEnd(10)}${'policy'.padEnd(9)}rules`,
    ...VERDICT_CLASSES.map(
      name =>
        `  ${name.padEnd(17)}${RESPONSES[name].padEnd(10)}${DEFAULT_POLICY[name].padEnd(9)}${rulesOf(name).join(', ')}`,
    ),
    '',
    ...title(
      'The gate',
      'A plan runs only when every row lets it through. Rows marked * stand against the program alone, not against a person.',
    ),
    ...GATE_ROWS.map(({ number, code, sentence, applies }) =>
      wrap(
        sentence,
        `  ${String(number).padStart(3)}${applies === 'automatic' ? '*' : ' '} ${code.padEnd(15)} `,
      ),
    ),
    '',
    ...title('The facts', 'What an observation is boiled down to before it is judged.'),
    ...FACT_NAMES.map(name => wrap(FACT_VALUES[name].join(', '), `  ${name.padEnd(11)}`)),
    '',
  ].join('\n');
}

function ruleLines(rule: Rule): string {
  const named = FACT_NAMES.filter(name => rule.when[name] !== undefined);
  const conditions = named.map(name => `${name} is ${(rule.when[name] ?? []).join(' or ')}`);
  const head = `  ${String(rule.number).padStart(3)} ${rule.class.padEnd(17)}`;
  return [
    wrap(conditions.length === 0 ? 'always' : conditions.join(' and '), head),
    wrap(rule.sentence, ' '.repeat(head.length)),
  ].join('\n');
}
