/** What a replay tells: the decisions one by one, and what they come to. Plain data, the same for the same trace. */
import type { Plan, PlanKind, StandingCode } from '../model/plan.ts';
import type { VerdictClass } from '../model/verdict.ts';

/** One line of the decision log; only what changed is told. */
export type LogEntry = { readonly at: number } & (
  | {
      readonly what: 'verdict';
      readonly class: VerdictClass;
      readonly rule: number;
      readonly site: string;
      readonly sentence: string;
    }
  /** Why nothing is done. `refused`: the rows of the gate that are against it. */
  | {
      readonly what: 'standing';
      readonly code: StandingCode;
      readonly detail: string;
      readonly refused: readonly Refusal[];
    }
  /** Would have been done by itself. `recorded`: the run that really was made of the same decision. */
  | ({ readonly what: 'move'; readonly recorded: string | null } & PlanInShort)
  /** A person would have been asked. */
  | ({ readonly what: 'proposal' } & PlanInShort)
  /** The trace shows the same move, made later than here. */
  | { readonly what: 'followed'; readonly run: string; readonly laterMs: number }
  /** What was moved away from is well again. `helped`: a run was made meanwhile, so not by itself. */
  | {
      readonly what: 'returned';
      readonly site: string;
      readonly afterMs: number;
      readonly helped: boolean;
      readonly isFalse: boolean;
    }
  /** A run that really was made, and not for a decision of this replay. */
  | {
      readonly what: 'recorded';
      readonly run: string;
      readonly kind: PlanKind;
      readonly from: string;
      readonly to: string;
      readonly status: string;
      readonly automatic: boolean;
    }
  /** The supposed move is taken back for another reason: from here on the trace is followed again. */
  | { readonly what: 'given-up'; readonly why: string }
  /** Nothing was recorded for so long: nobody watched. */
  | { readonly what: 'gap'; readonly forMs: number }
);

export interface Refusal {
  readonly number: number;
  readonly code: string;
  readonly value: string;
  readonly threshold: string;
}

export interface PlanInShort {
  readonly kind: PlanKind;
  readonly from: string;
  readonly to: string;
  /** `fence home (power-off)`, `promote away: db`, `flip www.example.org A` … */
  readonly steps: readonly string[];
}

/** A move that the policy would have made by itself. */
export interface Move extends Omit<PlanInShort, 'steps'> {
  readonly at: number;
  readonly recorded: string | null;
  /** The site left (or the family withdrawn) was well again so long after the decision; null: not seen. */
  readonly returnedAfterMs: number | null;
  /** It returned within the time that was asked for, with nothing done: waiting would have been right. */
  readonly isFalse: boolean;
}

export interface Summary {
  /** First and last decision, ms since the epoch; null when there was none. */
  readonly from: number | null;
  readonly to: number | null;
  readonly decisions: number;
  readonly watchedMs: number;
  /** Time between two decisions in which evidence would have gone stale. */
  readonly unwatchedMs: number;
  /** Time in each class that occurred, most first. */
  readonly classes: readonly { readonly class: VerdictClass; readonly ms: number }[];
  readonly moves: readonly Move[];
  readonly falseMoves: number;
  /** Moves that were really made: whether waiting would have been right, nobody can know. */
  readonly unjudgedMoves: number;
  /** The active site was out for `failing_for` or longer, and this policy neither moved nor asked. */
  readonly outagesLeftAlone: number;
  readonly proposals: number;
  /** How often the gate began to stand against a plan. */
  readonly refusals: number;
  /** Automatic runs that really were made in this time. */
  readonly recordedRuns: number;
}

export function inShort(plan: Plan): PlanInShort {
  return { kind: plan.kind, from: plan.from, to: plan.to, steps: plan.steps.map(stepInShort) };
}

function stepInShort(step: Plan['steps'][number]): string {
  switch (step.kind) {
    case 'fence':
      return `fence ${step.site} (${step.method})`;
    case 'promote':
      return `promote ${step.site}: ${step.parts.map(part => part.name).join(', ')}`;
    case 'flip': {
      const { upserts, deletes, nextEpoch } = step.change;
      const sets = [
        ...upserts.map(set => `${set.name} ${set.type}`),
        ...deletes.map(set => `no ${set.name} ${set.type}`),
      ];
      return `flip ${sets.join(', ')} (epoch ${nextEpoch.epoch})`;
    }
    case 'claim':
      return `claim epoch ${step.change.nextEpoch.epoch}`;
    case 'announce':
      return 'announce';
    default:
      return `${step.kind} ${step.site}`;
  }
}
