/**
 * What people are told, and in which words: from an event to a notice without its id, instant and incident, which
 * the caller knows. Pure, so that every wording can be read in a test. `text` is for a person in a channel,
 * `data` for a program behind a webhook; both say the same.
 */
import { finalEpoch, type Plan, type Step } from '../model/plan.ts';
import type { Hold, Notice, Receipt, Run, RunStatus } from '../model/state.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Phrase } from './notices.ts';
import { duration, instant, plain } from './plain.ts';
import { stepInWords } from './steps.ts';

export type { Phrase } from './notices.ts';
export { plain } from './plain.ts';
export { describeStep } from './steps.ts';

/** What of an UnderstudyError is told. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly next: string | null;
  readonly applied?: 'no' | 'unknown';
}

function phrase(
  kind: Notice['kind'],
  service: string,
  text: string,
  data: Readonly<Record<string, unknown>>,
): Phrase {
  return { kind, service, text: plain(`${service}: ${text}`), data };
}

/** Ends a sentence once, whatever it ended with. */
function sentence(text: string): string {
  return `${plain(text).replace(/[.\s]+$/, '')}.`;
}

/** @param previous the verdict before, null for the first one @param incident id of the open incident, if any */
export function verdictChanged(previous: Verdict | null, next: Verdict, incident: string | null): Phrase {
  const was =
    previous === null
      ? ''
      : `, was ${previous.class}${previous.site === next.site ? '' : ` at ${previous.site}`}`;
  const thread = incident === null ? '' : `, incident ${incident}`;
  return phrase(
    'verdict',
    next.service,
    `${next.class} at ${next.site}${was}. ${sentence(next.sentence)} (rule ${next.rule}${thread})`,
    {
      site: next.site,
      class: next.class,
      previous: previous?.class ?? null,
      rule: next.rule,
      sentence: next.sentence,
      judgedAt: next.at,
    },
  );
}

function planData(plan: Plan): Record<string, unknown> {
  return {
    plan: plan.id,
    hash: plan.hash,
    planKind: plan.kind,
    from: plan.from,
    to: plan.to,
    epoch: finalEpoch(plan),
    steps: plan.steps.map(step => step.kind),
    overrides: plan.overrides,
    because: plan.because.class,
    rule: plan.because.rule,
    expiresAt: plan.expiresAt,
  };
}

function move(plan: Plan): string {
  return plan.from === plan.to ? `${plan.kind} at ${plan.to}` : `${plan.kind} ${plan.from} -> ${plan.to}`;
}

function because(plan: Plan): string {
  const risks = plan.overrides.length === 0 ? '' : `, overriding ${plan.overrides.join(', ')}`;
  return plan.origin.by === 'judge'
    ? `because of ${plan.because.class} (rule ${plan.because.rule})${risks}`
    : `asked for by ${plan.origin.operator}: ${plan.origin.reason}${risks}`;
}

/** A plan is stored and waits for a person. */
export function planProposed(plan: Plan): Phrase {
  return phrase(
    'plan',
    plan.service,
    `proposes a ${move(plan)}, ${because(plan)}. Nothing is done until \`understudy approve ${plan.id}\`, by ${instant(plan.expiresAt)}`,
    { ...planData(plan), event: 'proposed' },
  );
}

function runData(run: Run): Record<string, unknown> {
  return {
    run: run.id,
    plan: run.plan,
    planKind: run.kind,
    to: run.to,
    automatic: run.automatic,
    status: run.status,
    flipped: run.flipped,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    note: run.note,
  };
}

export function runStarted(run: Run, plan: Plan): Phrase {
  return phrase(
    'run',
    run.service,
    `${move(plan)} begins, ${because(plan)}. Run ${run.id}, ${plan.steps.length} steps`,
    {
      ...planData(plan),
      ...runData(run),
      event: 'started',
    },
  );
}

const OUTCOME = {
  running: 'is under way',
  done: 'is done: DNS answers with it and it was proved from outside',
  unverified: 'has changed DNS, but the proof from outside is missing: look yourself',
  failed: 'failed before any address was changed: the last answer stands',
  superseded: "stopped: another runner's epoch is in force",
  interrupted: 'was interrupted; running again resumes it',
  abandoned: 'was called off before any address was changed',
} as const satisfies Record<RunStatus, string>;

export function runEnded(run: Run): Phrase {
  const took = run.endedAt === null ? '' : `, ${duration(run.endedAt - run.startedAt)}`;
  const note = run.note === null ? '' : ` ${sentence(run.note)}`;
  return phrase(
    'run',
    run.service,
    `${run.kind} to ${run.to} ${OUTCOME[run.status]}.${note} Run ${run.id}${took}`,
    {
      ...runData(run),
      event: 'ended',
    },
  );
}

function stepData(run: Run, step: Step): Record<string, unknown> {
  return { run: run.id, planKind: run.kind, to: run.to, step: step.kind };
}

export function stepEnded(run: Run, step: Step, receipt: Receipt): Phrase {
  return phrase(
    'step',
    run.service,
    `${stepInWords(step)}: done. ${sentence(receipt.summary)} (${receipt.confirmedBy})`,
    {
      ...stepData(run, step),
      event: 'ended',
      confirmedBy: receipt.confirmedBy,
      summary: receipt.summary,
      facts: receipt.facts ?? {},
    },
  );
}

function trouble(error: Trouble): string {
  const doubt = error.applied === 'unknown' ? ' It may have been done all the same.' : '';
  const next = error.next === null ? '' : ` Next: ${error.next}`;
  return `${sentence(error.message)}${doubt} (${error.code})${next}`;
}

function troubleData(error: Trouble): Record<string, unknown> {
  return { code: error.code, message: error.message, next: error.next, applied: error.applied ?? null };
}

export function stepFailed(run: Run, step: Step, error: Trouble): Phrase {
  return phrase('step', run.service, `${stepInWords(step)}: FAILED. ${trouble(error)}`, {
    ...stepData(run, step),
    ...troubleData(error),
    event: 'failed',
  });
}

function holdData(hold: Hold): Record<string, unknown> {
  return { owner: hold.owner, reason: hold.reason, since: hold.since, until: hold.until };
}

export function holdSet(hold: Hold): Phrase {
  const until = hold.until === null ? 'until `understudy resume`' : `until ${instant(hold.until)}`;
  return phrase(
    'hold',
    hold.service,
    `held by ${hold.owner} ${until}: ${sentence(hold.reason)} Nothing is switched meanwhile`,
    {
      ...holdData(hold),
      event: 'set',
    },
  );
}

/** @param by who resumed @param at ms since the epoch */
export function holdCleared(hold: Hold, by: string, at: number): Phrase {
  return phrase(
    'hold',
    hold.service,
    `hold of ${hold.owner} lifted by ${by} after ${duration(at - hold.since)}`,
    {
      ...holdData(hold),
      event: 'cleared',
      by,
      clearedAt: at,
    },
  );
}

/** @param at when it was noticed, ms since the epoch */
export function holdExpired(hold: Hold, at: number): Phrase {
  return phrase(
    'hold',
    hold.service,
    `hold of ${hold.owner} has run out after ${duration(at - hold.since)}: switching is allowed again`,
    {
      ...holdData(hold),
      event: 'expired',
      expiredAt: at,
    },
  );
}

/** @param service the one concerned @param at ms since the epoch */
export function problem(service: string, error: Trouble, at: number): Phrase {
  return phrase('problem', service, `problem: ${trouble(error)}`, {
    ...troubleData(error),
    event: 'problem',
    noticedAt: at,
  });
}
