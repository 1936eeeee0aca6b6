/** Runs a scenario and says what came of it: for `understudy simulate FILE`, and for the scenarios that are tests. */
import type { Event, Truth } from '../events.ts';
import { runScript, type Violation } from '../run.ts';
import { createAccount } from './account.ts';
import { Expectations, type Failure } from './expect.ts';
import type { Scenario } from './parse.ts';
import { tellTime } from './times.ts';

export interface ScenarioResult {
  /** It came to its end, everything expected came true, and no invariant was violated. */
  readonly ok: boolean;
  /** In the order of the file. */
  readonly failures: readonly Failure[];
  readonly violations: readonly Violation[];
  /** Where it was ended by `isOver`, ms since the beginning; what was still open then is no failure. Null: at its end. */
  readonly interruptedAt: number | null;
  /** What happened, a line each with its time. */
  readonly account: readonly string[];
}

export interface ScenarioOptions {
  /** Sees every event, after the expectations have. */
  readonly onEvent?: (event: Event, truth: Truth) => void;
  /** Asked after each event: true ends it there. */
  readonly isOver?: () => boolean;
}

/** There is no calm afterwards: what must be so in the end the file says itself. */
export async function runScenario(
  { script, expectations, beginsMs, withDays, notes }: Scenario,
  { onEvent, isOver = () => false }: ScenarioOptions = {},
): Promise<ScenarioResult> {
  const expected = new Expectations(script.cast, expectations);
  const account = createAccount(script.cast, at => tellTime(at, beginsMs, withDays));
  let last: Truth | null = null;
  const { violations, simulatedMs } = await runScript(script, {
    isOver,
    calm: false,
    goOn: true,
    onEvent: (event, truth) => {
      last = truth;
      expected.see(event, truth);
      account.see(event, truth);
      onEvent?.(event, truth);
    },
  });
  const interruptedAt = simulatedMs < script.lengthMs && isOver() ? simulatedMs : null;
  const failures = last === null || interruptedAt !== null ? expected.failures : expected.end(last);
  const ok = interruptedAt === null && failures.length === 0 && violations.length === 0;
  return {
    ok,
    failures,
    violations,
    interruptedAt,
    account: [...notes.map(note => `note: ${note}`), ...account.lines()],
  };
}

/**
 * What went wrong, for a person: `FILE:LINE: 02:16:00: expected …; instead …`, and `02:16:00: invariant 3 is violated: …`.
 * @returns a line each; none when all is well
 */
export function explainResult(
  { file, withDays, beginsMs }: Scenario,
  { failures, violations }: ScenarioResult,
): readonly string[] {
  const time = (at: number) => tellTime(at, beginsMs, withDays);
  return [
    ...failures.map(
      ({ line, expected, instead, at }) =>
        `${file}:${line}: ${time(at)}: not as expected: ${expected}; instead: ${instead}`,
    ),
    ...violations.map(
      ({ invariant, sentence, at }) => `${time(at)}: invariant ${invariant} is violated: ${sentence}`,
    ),
  ];
}
