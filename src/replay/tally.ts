/** Keeps the log and the sums while a trace is walked: what is no news is not told again. */
import type { VerdictClass } from '../model/verdict.ts';
import type { Assessment } from '../reconcile/assess.ts';
import { refusals } from '../plan/gate/gate.ts';
import type { Recording } from '../reconcile/record.ts';
import type { Plan } from '../model/plan.ts';
import { inShort, type LogEntry, type Move, type Summary } from './log.ts';

/** Without its `at`; distributes over the kinds of entries. */
type Told = LogEntry extends infer E ? (E extends LogEntry ? Omit<E, 'at'> : never) : never;

export class Tally {
  readonly log: LogEntry[] = [];
  readonly #moves: Move[] = [];
  readonly #classes = new Map<VerdictClass, number>();
  /** A gap between decisions longer than this is nobody's time, ms. */
  readonly #gapMs: number;
  #first: number | null = null;
  #last: { readonly at: number; readonly class: VerdictClass; readonly site: string } | null = null;
  #standing = '';
  #decisions = 0;
  #watchedMs = 0;
  #unwatchedMs = 0;

  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  tell(at: number, entry: Told): void {
    this.log.push({ at, ...entry });
  }

  decided(at: number, { verdict, gate }: Assessment, { decision }: Recording): void {
    this.#spend(at);
    this.#decisions += 1;
    this.#first ??= at;
    if (this.#last?.class !== verdict.class || this.#last.site !== verdict.site) {
      const { rule, site, sentence } = verdict;
      this.tell(at, { what: 'verdict', class: verdict.class, rule, site, sentence });
    }
    this.#last = { at, class: verdict.class, site: verdict.site };
    this.#stand(at, decision.standing, gate);
  }

  #stand(at: number, standing: Recording['decision']['standing'], gate: Assessment['gate']): void {
    const refused = standing?.code === 'refused-by-gate' ? refusals(gate) : [];
    const key = standing === null ? '' : [standing.code, ...refused.map(row => row.number)].join(' ');
    if (key === this.#standing) return;
    this.#standing = key;
    if (standing === null || standing.code === 'nothing-to-do' || standing.code === 'awaiting-approval')
      return;
    this.tell(at, {
      what: 'standing',
      code: standing.code,
      detail: standing.detail,
      refused: refused.map(({ number, code, value, threshold }) => ({ number, code, value, threshold })),
    });
  }

  moved(at: number, plan: Plan, recorded: string | null): void {
    const short = inShort(plan);
    const { kind, from, to } = short;
    this.#standing = '';
    this.tell(at, { what: 'move', recorded, ...short });
    this.#moves.push({ at, kind, from, to, recorded, returnedAfterMs: null, isFalse: false });
  }

  /** The newest move turned out so. */
  returned(at: number, site: string, helped: boolean, withinMs: number): void {
    const move = this.#moves.pop();
    if (move === undefined) return;
    const afterMs = at - move.at;
    const isFalse = !helped && afterMs <= withinMs;
    this.#moves.push({ ...move, returnedAfterMs: afterMs, isFalse });
    this.tell(at, { what: 'returned', site, afterMs, helped, isFalse });
  }

  /** The newest move is one that really was made. */
  followed(at: number, run: string): void {
    const move = this.#moves.pop();
    if (move === undefined) return;
    this.#moves.push({ ...move, recorded: run });
    this.tell(at, { what: 'followed', run, laterMs: at - move.at });
  }

  summary(recordedRuns: number, outagesLeftAlone: number): Summary {
    const classes = [...this.#classes].map(([name, ms]) => ({ class: name, ms }));
    return {
      from: this.#first,
      to: this.#last?.at ?? null,
      decisions: this.#decisions,
      watchedMs: this.#watchedMs,
      unwatchedMs: this.#unwatchedMs,
      classes: classes.sort((a, b) => b.ms - a.ms || (a.class < b.class ? -1 : 1)),
      moves: this.#moves,
      falseMoves: this.#moves.filter(move => move.isFalse).length,
      unjudgedMoves: this.#moves.filter(move => move.recorded !== null && move.returnedAfterMs === null)
        .length,
      outagesLeftAlone,
      proposals: this.log.filter(entry => entry.what === 'proposal').length,
      refusals: this.log.filter(entry => entry.what === 'standing' && entry.code === 'refused-by-gate')
        .length,
      recordedRuns,
    };
  }

  /** The time since the last decision belongs to the class it gave. */
  #spend(at: number): void {
    if (this.#last === null) return;
    const since = at - this.#last.at;
    if (since > this.#gapMs) {
      this.#unwatchedMs += since;
      this.tell(at, { what: 'gap', forMs: since });
      return;
    }
    this.#watchedMs += since;
    this.#classes.set(this.#last.class, (this.#classes.get(this.#last.class) ?? 0) + since);
  }
}
