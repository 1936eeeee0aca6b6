/**
 * The run's journal: what was intended, printed, confirmed or failed, each line durable before the next thing
 * happens, each commit tied to the lease. A receipt and what follows from it (the new active site, the notice) are
 * one transaction, so that a crash between them is not possible.
 */

import type { Teller } from '../announce/notices.ts';
import { runEnded, stepEnded, stepFailed } from '../announce/phrase.ts';
import type { Plan, Step } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Service } from '../model/service.ts';
import type { HostSignal } from '../model/signal.ts';
import type { Change, JournalEntry, Receipt, Run, RunStatus } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { UnderstudyError } from '../ports/errors.ts';
import type { Outside } from '../ports/outside.ts';
import type { Lease, Store } from '../ports/store.ts';
import { consequences, precautions } from './consequences.ts';
import { recheck } from './guards.ts';
import { type Answer, OwnNetworkError, type StepContext } from './context.ts';

export interface Execution {
  readonly plan: Plan;
  readonly run: Run;
  readonly service: Service;
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly outside: Outside;
  readonly tell: Teller;
  readonly incident: string | null;
  /** True when an earlier process began this run. */
  readonly resumed: boolean;
  /** Fires when the program is told to stop. */
  readonly stop: AbortSignal;
  /** Called with every line of a step, for a person who watches. */
  readonly onProgress?: (event: Progress) => void;
  /** Whether our own network is up in the family at this moment; null: there is no reference to ask. */
  readonly sees: (family: Family) => Promise<boolean | null>;
  /** The last reading of a site's machine that a look beside the run has brought. */
  readonly lastHost?: (site: string) => HostSignal | null;
  /** Called with every required probe of a step that passed. */
  readonly onAnswer?: (answer: Answer) => void;
}

export type Progress =
  | {
      readonly event: 'intent' | 'receipt' | 'error';
      readonly step: number;
      readonly of: number;
      readonly kind: Step['kind'];
      readonly text: string;
    }
  | {
      readonly event: 'output';
      readonly step: number;
      readonly of: number;
      readonly kind: Step['kind'];
      readonly text: string;
    };

/** Steps that leave a mark on the world: from the first of them that is confirmed, the run goes forward. */
export const MARKING: ReadonlySet<Step['kind']> = new Set(['quiesce', 'fence', 'promote', 'flip']);
/** The lease outlives the longest step by this: time to journal its end, ms. */
const MARGIN_MS = 15_000;
/** Most output lines kept for one step. */
const OUTPUT_MOST = 400;

export class Journal {
  readonly resumed: boolean;
  flipped: boolean;
  /** Some step that leaves a mark on the world is confirmed. */
  marked: boolean;
  readonly #execution: Execution;
  readonly #receipts = new Map<number, Receipt>();
  /** When each of them was written, ms since the Unix epoch. */
  readonly #confirmedAt = new Map<number, number>();
  readonly #begun = new Set<number>();
  /** What people know of this run's steps: a run that is taken up again and again tells nothing twice. */
  readonly #told = new Set<string>();
  readonly #deadlines = new Map<number, { done(): void }>();
  #lines: string[] = [];
  #kept = 0;
  /** Something is asked again before a write: when it fails, the site has nothing to do with it. */
  #atGuard = false;
  #run: Run;

  private constructor(execution: Execution, entries: readonly JournalEntry[]) {
    this.#execution = execution;
    this.#run = execution.run;
    this.resumed = execution.resumed;
    for (const entry of entries) {
      this.#begun.add(entry.step);
      if (entry.event === 'receipt') {
        this.#receipts.set(entry.step, entry.receipt);
        this.#confirmedAt.set(entry.step, entry.at);
        this.#told.add(`${entry.step} done`);
      }
      if (entry.event === 'error') this.#told.add(`${entry.step} ${entry.code}`);
    }
    this.marked = execution.plan.steps.some(
      (step, index) => this.#receipts.has(index) && MARKING.has(step.kind),
    );
    this.flipped = execution.plan.steps.some(
      (step, index) => this.#receipts.has(index) && step.kind === 'flip',
    );
  }

  static async open(execution: Execution): Promise<Journal> {
    return new Journal(execution, await execution.store.journal(execution.run.id));
  }

  receiptAt(index: number): Receipt | null {
    return this.#receipts.get(index) ?? null;
  }

  /** True when an intent stands in the journal. */
  begun(index: number): boolean {
    return this.#begun.has(index);
  }

  /** True when a step of this kind was begun, by this process or an earlier one. */
  reached(kind: Step['kind']): boolean {
    return this.#execution.plan.steps.some((step, index) => step.kind === kind && this.#begun.has(index));
  }

  context(index: number, step: Step): StepContext {
    const { plan, service, outside, clock, stop, onAnswer, sees } = this.#execution;
    const deadline = clock.deadline(step.limitMs, stop);
    this.#deadlines.set(index, deadline);
    this.#kept = 0;
    this.#atGuard = false;
    const context: StepContext = {
      plan,
      run: this.#run,
      service,
      outside,
      clock,
      signal: deadline.signal,
      output: line => this.#output(index, step, line),
      answered: answer => onAnswer?.(answer),
      sees,
      recheck: async (...what) => {
        this.#atGuard = true;
        await recheck(this.#execution, context, what);
        this.#atGuard = false;
      },
      runningAgain: site => this.#runningAgain(site),
      receiptOf: kind => {
        const at = plan.steps.findIndex(other => other.kind === kind);
        return at === -1 ? null : this.receiptAt(at);
      },
    };
    return context;
  }

  #runningAgain(site: string): boolean {
    const { plan, lastHost } = this.#execution;
    const since = this.#confirmedAt.get(
      plan.steps.findIndex(step => step.kind === 'fence' && step.site === site),
    );
    const seen = lastHost?.(site) ?? null;
    return since !== undefined && seen?.power === 'running' && seen.at > since;
  }

  async intent(index: number, step: Step): Promise<void> {
    const { plan, store, service, clock } = this.#execution;
    this.#begun.add(index);
    this.#progress('intent', index, step, step.kind);
    const cautions = precautions(plan, step, await store.service(service.name), clock.now());
    await this.#commit([this.#entry(index, step, { event: 'intent' }), ...cautions], step.limitMs);
  }

  async receipt(index: number, step: Step, receipt: Receipt): Promise<void> {
    const { plan, service, clock, tell, incident } = this.#execution;
    this.#receipts.set(index, receipt);
    this.#confirmedAt.set(index, clock.now());
    if (step.kind === 'flip') {
      this.flipped = true;
      this.#run = { ...this.#run, flipped: true };
    }
    if (MARKING.has(step.kind)) this.marked = true;
    const state = await this.#execution.store.service(service.name);
    await this.#commit([
      ...this.#takeLines(index, step),
      this.#entry(index, step, { event: 'receipt', receipt }),
      ...consequences(plan, this.#run, step, state, clock.now()),
      ...this.#news(`${index} done`, () => tell(stepEnded(this.#run, step, receipt), clock.now(), incident)),
    ]);
    this.#progress('receipt', index, step, receipt.summary);
  }

  /** @param acted true when the step itself failed, not what was asked before it (the zone, the journal) */
  async error(index: number, step: Step, error: UnderstudyError, acted: boolean): Promise<void> {
    const { clock, tell, incident } = this.#execution;
    await this.#commit([
      ...this.#takeLines(index, step),
      this.#entry(index, step, { event: 'error', code: error.code, message: error.message }),
      ...(acted && this.#blames(step, error) ? await this.#tried() : []),
      ...this.#news(`${index} ${error.code}`, () =>
        tell(stepFailed(this.#run, step, error), clock.now(), incident),
      ),
    ]);
    this.#progress('error', index, step, error.message);
  }

  #blames(step: Step, error: UnderstudyError): boolean {
    const onStandby = step.kind === 'promote' || step.kind === 'check';
    return onStandby && !this.#atGuard && !(error instanceof OwnNetworkError);
  }

  #news(what: string, telling: () => Change): readonly Change[] {
    if (this.#told.has(what)) return [];
    this.#told.add(what);
    return [telling()];
  }

  /** Ends the run, or leaves it open when it was interrupted. */
  async end(status: RunStatus, note: string): Promise<Run> {
    const { clock, tell, incident } = this.#execution;
    const open = status === 'interrupted';
    const { run: before } = this.#execution;
    const news = before.status !== status || before.note !== note;
    this.#run = { ...this.#run, status, note, endedAt: open ? null : clock.now() };
    // An open run is taken up by every cycle: the same interruption is told once.
    const told = news ? [tell(runEnded(this.#run), clock.now(), incident)] : [];
    await this.#commit([{ kind: 'run', run: this.#run }, ...told]);
    return this.#run;
  }

  /** Releases what a step's context holds. */
  done(index: number): void {
    this.#deadlines.get(index)?.done();
    this.#deadlines.delete(index);
  }

  async settle(): Promise<void> {
    for (const index of [...this.#deadlines.keys()]) this.done(index);
  }

  /**
   * A standby that failed is not tried again by ourselves in this incident. Without one (a planned move that failed on a
   * quiet day) nothing is noted: the end of an incident is what clears the list, and the next night needs every site.
   */
  async #tried(): Promise<readonly Change[]> {
    const { store, service, plan, incident } = this.#execution;
    if (incident === null) return [];
    const { tried } = await store.service(service.name);
    if (tried.includes(plan.to)) return [];
    return [{ kind: 'service', service: service.name, patch: { tried: [...tried, plan.to] } }];
  }

  #output(index: number, step: Step, line: string): void {
    this.#kept += 1;
    if (this.#kept <= OUTPUT_MOST) this.#lines.push(line);
    this.#progress('output', index, step, line);
  }

  #takeLines(index: number, step: Step): readonly Change[] {
    if (this.#lines.length === 0) return [];
    const lines =
      this.#kept > OUTPUT_MOST ? [...this.#lines, `(${this.#kept - OUTPUT_MOST} more lines)`] : this.#lines;
    this.#lines = [];
    return [this.#entry(index, step, { event: 'output', lines })];
  }

  #entry(index: number, step: Step, event: JournalEvent): Change {
    const at = this.#execution.clock.now();
    return { kind: 'journal', entry: { run: this.#run.id, step: index, kind: step.kind, at, ...event } };
  }

  async #commit(changes: readonly Change[], limitMs = 0): Promise<void> {
    const { store, lease, clock } = this.#execution;
    await store.commit(changes, { lease, now: clock.now(), extendMs: limitMs + MARGIN_MS });
  }

  #progress(event: Progress['event'], index: number, step: Step, text: string): void {
    this.#execution.onProgress?.({
      event,
      step: index + 1,
      of: this.#execution.plan.steps.length,
      kind: step.kind,
      text,
    });
  }
}

type JournalEvent =
  | { readonly event: 'intent' }
  | { readonly event: 'output'; readonly lines: readonly string[] }
  | { readonly event: 'receipt'; readonly receipt: Receipt }
  | { readonly event: 'error'; readonly code: string; readonly message: string };
