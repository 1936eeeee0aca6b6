/**
 * Holds the expectations of a scenario against what happens. The world is looked at after every event, so what was so
 * between two events is what was so after the first of them.
 */
import type { Event, Truth } from '../events.ts';
import type { Cast } from '../script.ts';
import type { Condition, View } from './conditions.ts';
import { Ledger } from './ledger.ts';

export interface Expectation {
  /** Of the file, from 1. */
  readonly line: number;
  /** As it was written. */
  readonly source: string;
  readonly condition: Condition;
  /** ms since the beginning. */
  readonly from: number;
  readonly to: number;
  /** A state must hold at some instant of the span, or throughout. */
  readonly throughout: boolean;
}

export interface Failure {
  readonly line: number;
  readonly expected: string;
  /** What was the case instead. */
  readonly instead: string;
  /** When that was clear, ms since the beginning. */
  readonly at: number;
}

/** So long before its span a state is looked at already: the last look before the span says how things were at its start. */
const AHEAD_MS = 20 * 60_000;

interface Open {
  readonly expectation: Expectation;
  /** What the last look said; null before the first. */
  last: { readonly holds: boolean; readonly now: string } | null;
}

export class Expectations {
  readonly failures: Failure[] = [];
  readonly #ledger: Ledger;
  readonly #cast: Cast;
  #open: readonly Open[];

  constructor(cast: Cast, expectations: readonly Expectation[]) {
    this.#cast = cast;
    this.#ledger = new Ledger(cast);
    this.#open = expectations.map(expectation => ({ expectation, last: null }));
  }

  see(event: Event, truth: Truth): void {
    this.#open = this.#open.filter(open => !this.#settledBefore(open, event.at, truth));
    this.#ledger.see(event);
    this.#open = this.#open.filter(open => !this.#settledBy(open, event.at, truth));
  }

  /** What is still open when nothing more comes is settled as things stand. */
  end(truth: Truth): readonly Failure[] {
    this.#open = this.#open.filter(open => !this.#settledBefore(open, Number.POSITIVE_INFINITY, truth));
    return [...this.failures].sort((a, b) => a.line - b.line);
  }

  /** Up to `at` all was as the last look found it. @returns whether the expectation is settled */
  #settledBefore(open: Open, at: number, truth: Truth): boolean {
    const { expectation } = open;
    const { condition, from, to } = expectation;
    if (at <= from) return false;
    if (condition.is === 'event') return at > to && this.#countAtEnd(expectation, condition);
    open.last ??= this.#look(condition, truth);
    return this.#settleState(open, expectation.throughout ? at >= to : at > to, Math.min(at, to));
  }

  #settledBy(open: Open, at: number, truth: Truth): boolean {
    const { expectation } = open;
    const { condition, from, to, throughout } = expectation;
    if (condition.is === 'event') return this.#countSoFar(expectation, condition, at);
    if (from - at > AHEAD_MS) return false;
    open.last = this.#look(condition, truth);
    // At the very instant of its start more may be to come; what begins with its end is after it.
    return at > from && (throughout ? at < to : at <= to) && this.#settleState(open, false, at);
  }

  #look(condition: Extract<Condition, { is: 'state' }>, truth: Truth) {
    const view: View = { ledger: this.#ledger, truth, cast: this.#cast };
    const holds = condition.holds(view);
    return { holds, now: holds ? '' : condition.now(view) };
  }

  #settleState({ expectation, last }: Open, over: boolean, at: number): boolean {
    const holds = last?.holds === true;
    if (expectation.throughout ? !holds : over && !holds)
      return this.#fail(expectation, last?.now ?? 'nothing was seen', at);
    return expectation.throughout ? over : holds;
  }

  #countSoFar(expectation: Expectation, condition: Extract<Condition, { is: 'event' }>, at: number): boolean {
    const { from, to } = expectation;
    if (at < from || at > to) return false;
    const count = condition.count(this.#ledger, { from, to });
    if (condition.most === undefined) return count > 0;
    if (count <= condition.most) return false;
    return this.#fail(expectation, condition.now(this.#ledger, { from, to }), at);
  }

  #countAtEnd(expectation: Expectation, condition: Extract<Condition, { is: 'event' }>): boolean {
    const { from, to } = expectation;
    const count = condition.count(this.#ledger, { from, to });
    const enough = condition.most === undefined ? count > 0 : count === condition.most;
    return enough || this.#fail(expectation, condition.now(this.#ledger, { from, to }), to);
  }

  #fail({ line, source }: Expectation, instead: string, at: number): true {
    this.failures.push({ line, expected: source, instead, at });
    return true;
  }
}
