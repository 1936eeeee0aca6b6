/** What a probe kind is: one object, one file, one line in registry.ts. */
import type { ProbeResult } from '../model/sample.ts';
import type { Fields } from '../ports/fields.ts';
import type { ProbeTarget } from '../ports/providers.ts';
import type { Attempt } from './attempt.ts';

/** What is given to all kinds at the composition root, so that a test can fix it. */
export interface ProbeTools {
  /** The environment that `command` probes run with, beside the UNDERSTUDY_ variables. No secrets belong here. */
  readonly environment: Readonly<Record<string, string>>;
  /** A whole number 0–65535, hard to guess: DNS ids, IRC nick suffixes. */
  readonly randomId: () => number;
}

export interface ProbeKind {
  readonly kind: string;
  /** For people: what it proves. */
  readonly title: string;
  readonly fields: Fields;
  /** null: it has no port, or the port must be given. */
  readonly defaultPort: number | null;
  /**
   * Runs once. May throw ProbeFailure or a system error for what a peer does; whatever it opens is given to
   * `attempt.onEnd`, so it need not clean up by itself.
   */
  run(
    params: Readonly<Record<string, unknown>>,
    target: ProbeTarget,
    attempt: Attempt,
    tools: ProbeTools,
  ): Promise<ProbeResult>;
}
