/** What a step is given, and the ways in which it can end other than with a receipt. */
import type { Plan, Step, StepKind } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { Hold, Receipt, Run } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import { UnderstudyError } from '../ports/errors.ts';
import type { Outside } from '../ports/outside.ts';

/** A probe of a step that passed. */
export interface Answer {
  readonly site: string;
  readonly probe: string;
  readonly family: Family;
  /** When it was begun, ms since the Unix epoch. */
  readonly at: number;
  readonly tookMs: number;
}

export interface StepContext {
  readonly plan: Plan;
  readonly run: Run;
  readonly service: Service;
  readonly outside: Outside;
  readonly clock: Clock;
  /** Fires at the step's limit or when the program is told to stop. */
  readonly signal: AbortSignal;
  /** A line for the journal, as it comes. */
  readonly output: (line: string) => void;
  /** A required probe has passed: it is known from now on, so that failures from before it are no streak any more. */
  readonly answered: (answer: Answer) => void;
  /**
   * Right before a write, when time has passed since the step was begun: no person holds the service, and of what is named no
   * other epoch is in force, the fence of the old site stands. @throws HeldError, SupersededError, ProviderError, `fence-lost`
   */
  readonly recheck: (...what: readonly Recheck[]) => Promise<void>;
  /** Asks the references of the family. @returns whether one answered: our own network is up there; null: there is none to ask */
  readonly sees: (family: Family) => Promise<boolean | null>;
  /** Whether a look beside the run has seen the machine of the site running since its fence was confirmed. */
  readonly runningAgain: (site: string) => boolean;
  /** The receipt of an earlier step of this run. */
  readonly receiptOf: (kind: StepKind) => Receipt | null;
}

export type Recheck = 'epoch' | 'fence';

export interface StepHandler<S extends Step> {
  /**
   * It changes something at a site, so the epoch in DNS must still be the plan's just before (invariant 4):
   * a runner that slept through somebody else's failover must not fence or promote anything.
   */
  readonly guarded: boolean;
  /** Asks the world, changing nothing: is it so already? @returns the receipt when it surely is */
  settled(step: S, context: StepContext): Promise<Receipt | null>;
  /** Makes it so and returns how that is known. Safe to repeat. @throws UnderstudyError */
  act(step: S, context: StepContext): Promise<Receipt>;
}

/** Another runner's epoch is in force: this run must change nothing more. */
export class SupersededError extends UnderstudyError {
  constructor(message: string) {
    super({ code: 'superseded', message, next: 'nothing: see `understudy status`' });
    this.name = 'SupersededError';
  }
}

/** A person has put a hold on the service while the step was under way: it stops before its next write. */
export class HeldError extends UnderstudyError {
  constructor(hold: Hold) {
    super({
      code: 'held',
      message: `held by ${hold.owner}: ${hold.reason}`,
      next: `understudy resume ${hold.service}`,
    });
    this.name = 'HeldError';
  }
}

/** What failed may have failed on our side: it says nothing against a site, and is not held against it. */
export class OwnNetworkError extends UnderstudyError {
  constructor(family: Family, what: string, cause?: unknown) {
    super({
      code: 'own-network-down',
      message: `our own ${family} is down: ${what}`,
      retriable: true,
      next: "see to this runner's network; `understudy status` shows what it can see",
      cause,
    });
    this.name = 'OwnNetworkError';
  }
}

/** The step did not get there within its limit. */
export class StepTimeoutError extends UnderstudyError {
  constructor(what: string, limitMs: number, doubt: boolean, cause: unknown) {
    super({
      code: 'step-timeout',
      message: `${what} did not succeed within ${limitMs / 1000} s`,
      retriable: true,
      applied: doubt ? 'unknown' : 'no',
      next: 'see `understudy history` for what it printed',
      cause,
    });
    this.name = 'StepTimeoutError';
  }
}

/** Environment of every command of a run, so that a script can refuse a lower epoch than it has seen. */
export function runEnvironment(context: StepContext, site: string): Readonly<Record<string, string>> {
  return {
    UNDERSTUDY_SERVICE: context.service.name,
    UNDERSTUDY_SITE: site,
    UNDERSTUDY_RUN: context.run.id,
    UNDERSTUDY_EPOCH: String(context.plan.baseEpoch + 1),
  };
}

/** @throws UnderstudyError `config-changed` when the plan names a site that the config has no more */
export function siteOf(context: StepContext, name: string) {
  const site = context.service.sites.find(entry => entry.name === name);
  if (site !== undefined) return site;
  throw new UnderstudyError({
    code: 'config-changed',
    message: `the plan names the site "${name}", which the config has no more`,
    next: 'run `understudy plan` for a new one',
  });
}
