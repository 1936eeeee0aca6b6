/**
 * A stage for one checker: events by hand, a truth by hand, and what was found. All checkers see every event, as in a
 * simulation; only the sentences of the invariant asked for are kept.
 */
import type { EpochRecord } from '../../../src/model/epoch.ts';
import type { FenceStep, Plan, Step } from '../../../src/model/plan.ts';
import type { Family } from '../../../src/model/sample.ts';
import type { RecordSet } from '../../../src/model/signal.ts';
import type {
  AuditEntry,
  Change,
  JournalEntry,
  Notice,
  Run,
  ServiceState,
} from '../../../src/model/state.ts';
import { buildCast, type CastSketch } from '../../../src/simulate/cast.ts';
import type { Actor, Event, Truth } from '../../../src/simulate/events.ts';
import { createCheckers } from '../../../src/simulate/invariants/index.ts';
import type { Cast } from '../../../src/simulate/script.ts';

/** Where the wall clock of every station stands at true time 0. */
export const WALL = 1_000_000_000_000;

export const SKETCH: CastSketch = {
  services: [{ name: 'mail', sites: [{ name: 'home' }, { name: 'away' }, { name: 'third' }] }],
};

export const actor = (process: string, program = 'run', station = 'desk'): Actor => ({
  process,
  station,
  program,
});
export const P = actor('p1');

type Untimed = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

export class Bystander {
  readonly cast: Cast;
  now = 0;
  /** `service site`, for all three. */
  readonly writers = new Set(['mail home']);
  readonly fenced = new Set<string>();
  readonly served = new Map<string, number>();
  readonly sick = new Set<string>();
  readonly offline = new Set<string>();
  readonly epochs = new Map<string, EpochRecord>();
  records: readonly RecordSet[] = [];
  readonly found: string[] = [];
  readonly #checkers;
  readonly #invariant: number;
  readonly #truth: Truth;

  constructor(invariant: number, sketch: CastSketch = SKETCH, patch: (cast: Cast) => Cast = cast => cast) {
    this.cast = patch(buildCast(sketch));
    this.#invariant = invariant;
    this.#checkers = createCheckers(this.cast);
    this.#truth = this.#createTruth();
  }

  /** Puts the clock there, s. */
  at(seconds: number): this {
    this.now = seconds * 1000;
    return this;
  }

  see(...events: readonly Untimed[]): this {
    for (const event of events) {
      const timed = { at: this.now, ...event } as Event;
      for (const checker of this.#checkers) this.#note(checker.invariant, checker.see(timed, this.#truth));
    }
    return this;
  }

  commit(by: Actor, ...changes: readonly Change[]): this {
    const wall = WALL + this.now;
    // A run is begun when it says, unless a test says otherwise.
    const timed = changes.map(change =>
      change.kind === 'run' && change.run.startedAt === WALL
        ? { ...change, run: { ...change.run, startedAt: wall } }
        : change,
    );
    return this.see({ kind: 'commit', changes: timed, wall, by });
  }

  end(): this {
    for (const checker of this.#checkers) this.#note(checker.invariant, checker.end?.(this.#truth) ?? null);
    return this;
  }

  /** The flip, as the world does it; the sets may be changed. */
  zone(
    by: Actor | null,
    before: EpochRecord | null,
    after: EpochRecord | null,
    sets: Partial<{ before: readonly RecordSet[]; after: readonly RecordSet[]; askedAt: number }> = {},
  ): this {
    if (after === null) this.epochs.delete('mail');
    else this.epochs.set('mail', after);
    const old = sets.before ?? [A(before?.active ?? 'home')];
    const now = sets.after ?? [A(after?.active ?? 'home')];
    return this.see({
      kind: 'zone',
      service: 'mail',
      before: old,
      after: now,
      epochBefore: before,
      epochAfter: after,
      by,
      askedAt: sets.askedAt ?? this.now,
    });
  }

  #note(invariant: number, sentence: string | null): void {
    if (sentence !== null && invariant === this.#invariant) this.found.push(sentence);
  }

  #createTruth(): Truth {
    const key = (service: string, site: string) => `${service} ${site}`;
    const now = () => this.now;
    return {
      get now() {
        return now();
      },
      takesWrites: (service, site) => this.writers.has(key(service, site)),
      isPublic: () => true,
      answers: (service, site) => !this.sick.has(key(service, site)),
      answeredAt: (service, site) => !this.sick.has(key(service, site)),
      outOfTouchMs: (service, site, { from, to }) => (this.sick.has(key(service, site)) ? to - from : 0),
      isFenced: (service, site) => this.fenced.has(key(service, site)),
      lagMs: () => 0,
      epoch: service => this.epochs.get(service) ?? null,
      records: () => this.records,
      served: (service, site) => this.served.get(key(service, site)) ?? 0,
      isOnline: (station, family) => !this.offline.has(`${station} ${family}`),
      state: () => Promise.reject(new Error('checkers reckon the state themselves')),
    };
  }
}

const ADDRESS: Readonly<Record<string, string>> = {
  home: '203.0.113.1',
  away: '203.0.113.2',
  third: '203.0.113.3',
};

export function A(site: string, name = 'mail.example.org'): RecordSet {
  return { name, type: 'A', ttlS: 60, values: [ADDRESS[site] ?? site] };
}

export const epoch = (number: number, active: string, owner = 'r-before'): EpochRecord => ({
  epoch: number,
  active,
  owner,
});

/** A run has taken the epoch, and moved nothing yet. */
export const claimed = (number: number, owner: string): EpochRecord => ({
  ...epoch(number, 'home', owner),
  claim: { busyS: 500, stepS: 300 },
});

const COMMAND = { argv: ['true'], limitMs: 20_000 };
const SHELL = { kind: 'local' } as const;

export function fenceStep(method: FenceStep['method'], site = 'home'): FenceStep {
  return {
    kind: 'fence',
    site,
    method,
    provider: 'alpha',
    server: '1001',
    families: ['v4', 'v6'],
    run: null,
    check: null,
    waitMs: 45_000,
    limitMs: 90_000,
  };
}

/** Indices of the steps of `planOf`. */
export const FENCE = 0;
export const PROMOTE = 1;
export const FLIP = 3;

export function planOf(patch: Partial<Plan> = {}, first: Step = fenceStep('power-off')): Plan {
  const { to = 'away', baseEpoch = 7 } = patch;
  const steps: readonly Step[] = [
    first,
    {
      kind: 'promote',
      site: to,
      shell: SHELL,
      parts: [{ name: 'db', run: COMMAND, check: null }],
      limitMs: 300_000,
    },
    { kind: 'check', site: to, families: ['v4'], limitMs: 30_000 },
    {
      kind: 'flip',
      limitMs: 30_000,
      change: {
        epochName: '_understudy-mail.example.org',
        ttlS: 60,
        expectEpoch: null,
        nextEpoch: { epoch: baseEpoch + 1, active: to },
        upserts: [A(to)],
        deletes: [],
      },
    },
  ];
  return {
    id: 'p-1',
    hash: 'unset',
    service: 'mail',
    basis: 'b',
    kind: 'failover',
    from: 'home',
    to,
    baseEpoch,
    steps,
    overrides: [],
    origin: { by: 'judge' },
    because: { class: 'UNREACHABLE', rule: 40, at: 0 },
    createdAt: 0,
    expiresAt: 0,
    ...patch,
  };
}

export const withdrawal = (patch: Partial<Plan> = {}): Plan => {
  const base = planOf();
  const deletes: readonly RecordSet[] = [
    { name: 'mail.example.org', type: 'AAAA', ttlS: 60, values: ['2001:db8::1'] },
  ];
  const steps = base.steps.flatMap((step): readonly Step[] =>
    step.kind === 'flip'
      ? [
          {
            ...step,
            change: { ...step.change, nextEpoch: { epoch: 8, active: 'home' }, upserts: [], deletes },
          },
        ]
      : [],
  );
  const because = { class: 'PARTIAL_FAMILY', rule: 72, at: 0 } as const;
  return { ...base, kind: 'withdraw', to: 'home', steps, because, ...patch };
};

export function runOf(plan: Plan, patch: Partial<Run> = {}): Run {
  return {
    id: 'r-1',
    plan: plan.id,
    service: plan.service,
    kind: plan.kind,
    to: plan.to,
    automatic: plan.origin.by === 'judge',
    token: 'r-1',
    status: 'running',
    startedAt: WALL,
    endedAt: null,
    flipped: false,
    note: null,
    ...patch,
  };
}

export const audit = (patch: Partial<AuditEntry> = {}): Change => ({
  kind: 'audit',
  entry: {
    at: 0,
    operator: 'alice',
    action: 'failover',
    service: 'mail',
    reason: 'the rack burns',
    overrides: [],
    detail: '',
    ...patch,
  },
});

/** The commit that starts a run. */
export function starts(plan: Plan, run: Run = runOf(plan)): readonly Change[] {
  return [
    { kind: 'plan', plan, status: 'started' },
    { kind: 'run', run },
  ];
}

export function intent(step: number, plan: Plan = planOf(), run = 'r-1'): Change {
  const kind = plan.steps[step]?.kind ?? 'announce';
  const entry: JournalEntry = { run, step, kind, at: 0, event: 'intent' };
  return { kind: 'journal', entry };
}

export const promoted = (
  by: Actor | null = P,
  site = 'away',
  run: string | null = 'r-1',
  askedAt?: number,
): Untimed => ({
  kind: 'promoted',
  service: 'mail',
  site,
  by,
  run,
  ...(askedAt === undefined ? {} : { askedAt }),
});

export const toldHost = (
  power: 'running' | 'off',
  blocked: Readonly<Record<Family, boolean>> = { v4: false, v6: false },
  by: Actor = P,
): Untimed => ({ kind: 'told-host', box: '1001', reading: { power, blocked }, by });

export const toldZone = (view: EpochRecord | null, by: Actor = P): Untimed => ({
  kind: 'told-zone',
  service: 'mail',
  view: { epochSet: null, epoch: view, records: [] },
  by,
});

export const toldState = (patch: Partial<ServiceState> = {}, by: Actor = P): Untimed => ({
  kind: 'told-state',
  by,
  state: {
    service: 'mail',
    active: 'home',
    epoch: 7,
    maxEpoch: 7,
    published: ['v4'],
    quarantined: [],
    rival: null,
    incident: null,
    tried: [],
    ackedRun: null,
    hold: null,
    lastRun: null,
    lastVerdict: null,
    ...patch,
  },
});

export function notice(id: string, patch: Partial<Notice> = {}): Change {
  const base: Notice = {
    id,
    at: 0,
    service: 'mail',
    kind: 'verdict',
    incident: null,
    text: 'mail: …',
    data: {},
  };
  return { kind: 'notice', notice: { ...base, ...patch }, sinks: ['irc'] };
}
