/**
 * The state as one document: for `/status.json` and `status --json` alike. Pure. The real state stands beside a hold
 * and is not covered by it, and a record that nobody has renewed says so: the usual way for a watchdog to fail is
 * that cron stopped calling it, and then everything it last wrote still reads "HEALTHY".
 * Names of sites are in it, addresses and credentials are not: the page may be public.
 */
import { duration, plain } from '../announce/plain.ts';
import type { FamilyState } from '../model/observation.ts';
import type { PlanKind, Standing } from '../model/plan.ts';
import type { Family } from '../model/sample.ts';
import type { Mode, Service, Settings } from '../model/service.ts';
import type { Decision, Hold, Incident, Run, RunStatus, ServiceState } from '../model/state.ts';
import type { VerdictClass } from '../model/verdict.ts';

/** All instants are ms since the Unix epoch, all ages and spans ms. */
export interface StatusDocument {
  /** Of this shape: fields may be added under the same number, never changed or taken away. */
  readonly version: 1;
  readonly at: number;
  readonly mode: Mode;
  /** True when any service's record is stale: then nothing here is known to be so *now*. */
  readonly stale: boolean;
  readonly services: readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly name: string;
  /** Site that DNS names as active, as last read; null before the first reading. */
  readonly active: string | null;
  readonly epoch: number;
  readonly published: readonly Family[] | null;
  /** As last judged; null before the first cycle. */
  readonly verdict: VerdictClass | null;
  readonly rule: number | null;
  readonly sentence: string | null;
  /** Since when it has not been well: the start of the open incident; null while there is none. */
  readonly since: number | null;
  /** What was seen of each family of the judged site. `blocked`: the hoster's lock, null when not known. */
  readonly families: readonly {
    readonly family: Family;
    readonly state: FamilyState;
    readonly published: boolean;
    readonly blocked: boolean | null;
  }[];
  /** The hold in force; null when there is none or it has run out. */
  readonly hold: Omit<Hold, 'service'> | null;
  readonly incident: Pick<Incident, 'id' | 'site' | 'class' | 'openedAt'> | null;
  /** The newest run, under way or ended. */
  readonly run: {
    readonly id: string;
    readonly kind: PlanKind;
    readonly to: string;
    readonly status: RunStatus;
    readonly automatic: boolean;
    readonly flipped: boolean;
    readonly startedAt: number;
    readonly endedAt: number | null;
    readonly note: string | null;
  } | null;
  /** Why nothing is being done. */
  readonly standing: Standing | null;
  /** Sites that stay out until a person clears them. */
  readonly quarantined: readonly string[];
  /** The last look is too long ago to be believed. */
  readonly stale: boolean;
  /** One sentence for people when `stale`, else null. */
  readonly staleNote: string | null;
  readonly ages: {
    /** Since the last judgement that was stored. */
    readonly decisionMs: number | null;
    /** Since the newest probe of the judged site. */
    readonly sampleMs: number | null;
    /** Since the hoster was last asked. */
    readonly hostMs: number | null;
  };
}

/** The daemon stores an unchanged state once a minute, cron comes once a minute and late: three are too many. */
const STALE_FLOOR_MS = 3 * 60_000;

/** @returns how old the stored judgement of a service may be before it is called stale, ms */
export function staleAfterMs({ pace }: Service): number {
  return Math.max(STALE_FLOOR_MS, pace.staleMs, 3 * pace.intervalMs);
}

/**
 * @param states of the services in any order; one without a state shows as never looked at
 * @param decisions likewise
 * @param now ms since the epoch
 */
export function statusOf(
  settings: Pick<Settings, 'mode' | 'services'>,
  states: readonly ServiceState[],
  decisions: readonly (Decision | null)[],
  now: number,
): StatusDocument {
  const services = settings.services.map(service =>
    serviceStatus(
      service,
      states.find(state => state.service === service.name) ?? null,
      decisions.find(decision => decision?.service === service.name) ?? null,
      now,
    ),
  );
  return { version: 1, at: now, mode: settings.mode, stale: services.some(({ stale }) => stale), services };
}

function serviceStatus(
  service: Service,
  state: ServiceState | null,
  decision: Decision | null,
  now: number,
): ServiceStatus {
  const verdict = decision?.verdict ?? state?.lastVerdict ?? null;
  const incident = state?.incident?.closedAt === null ? state.incident : null;
  const staleNote = staleness(service, state?.lastRun ?? null, decision, now);
  return {
    name: service.name,
    active: state?.active ?? null,
    epoch: state?.epoch ?? 0,
    published: state?.published ?? null,
    verdict: verdict?.class ?? null,
    rule: verdict?.rule ?? null,
    sentence: verdict === null ? null : plain(verdict.sentence),
    since: incident?.openedAt ?? null,
    families: (decision?.observation.families ?? []).map(({ family, state: seen, published, blocked }) => ({
      family,
      state: seen,
      published,
      blocked,
    })),
    hold: holdInForce(state?.hold ?? null, now),
    incident: incident && pick(incident),
    run: state?.lastRun ? shownRun(state.lastRun) : null,
    standing: decision?.standing ? shownStanding(decision.standing) : null,
    quarantined: (state?.quarantined ?? []).map(({ site }) => site),
    stale: staleNote !== null,
    staleNote,
    ages: ages(decision, now),
  };
}

function pick({ id, site, class: kind, openedAt }: Incident): ServiceStatus['incident'] {
  return { id, site, class: kind, openedAt };
}

function holdInForce(hold: Hold | null, now: number): ServiceStatus['hold'] {
  if (hold === null || (hold.until !== null && hold.until <= now)) return null;
  return { owner: plain(hold.owner), reason: plain(hold.reason), since: hold.since, until: hold.until };
}

/** Without its token, which is what makes a write to DNS ours. */
function shownRun(run: Run): ServiceStatus['run'] {
  const { id, kind, to, status, automatic, flipped, startedAt, endedAt, note } = run;
  return {
    id,
    kind,
    to,
    status,
    automatic,
    flipped,
    startedAt,
    endedAt,
    note: note === null ? null : plain(note),
  };
}

function shownStanding({ code, detail, plan }: Standing): Standing {
  return { code, detail: plain(detail), ...(plan === undefined ? {} : { plan }) };
}

/** An age is not negative: a clock that was set back is told by `staleNote`. */
function age(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, now - at);
}

function ages(decision: Decision | null, now: number): ServiceStatus['ages'] {
  if (decision === null) return { decisionMs: null, sampleMs: null, hostMs: null };
  const sampled = decision.observation.families
    .flatMap(({ probes }) => probes)
    .flatMap(({ lastAt }) => (lastAt === null ? [] : [lastAt]));
  const { hostAgeMs } = decision.observation;
  return {
    decisionMs: age(decision.at, now),
    sampleMs: sampled.length === 0 ? null : age(Math.max(...sampled), now),
    hostMs: hostAgeMs === null ? null : age(decision.observation.at - hostAgeMs, now),
  };
}

/** @returns why the record cannot be taken for the present, or null when it can */
function staleness(service: Service, run: Run | null, decision: Decision | null, now: number): string | null {
  const limit = staleAfterMs(service);
  if (decision === null) return 'it has never been looked at: is cron or `understudy run` set up?';
  const since = now - decision.at;
  if (since < -limit)
    return `the last look is dated ${duration(-since)} ahead: was this machine's clock set back?`;
  // While a run is under way nothing else is judged; it has until the sum of its steps' limits.
  const running =
    run?.status === 'running' ? run.startedAt + sum(Object.values(service.limitsMs)) : -Infinity;
  if (since <= limit || now <= running) return null;
  return `the last look was ${duration(since)} ago: is cron or \`understudy run\` still going?`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
