/** What the bodies of the state file hold, field by field after src/model; the compiler refuses a field without a check. */
import type { EpochRecord } from '../model/epoch.ts';
import {
  FACT_VALUES,
  type Facts,
  type FamilyObservation,
  type Observation,
  type ProbeObservation,
} from '../model/observation.ts';
import { STANDING_CODES, type Standing } from '../model/plan.ts';
import { FAILURES, FAMILIES, type ReferenceSample, type Sample } from '../model/sample.ts';
import type { HostReading, ZoneView } from '../model/signal.ts';
import type {
  AuditEntry,
  Decision,
  Evidence,
  GateResult,
  Hold,
  Incident,
  Notice,
  Quarantine,
  Receipt,
  RivalClaim,
  Run,
} from '../model/state.ts';
import { VERDICT_CLASSES, type Verdict } from '../model/verdict.ts';
import { isOpen, type PatchedState } from './common.ts';
import {
  also,
  amount,
  anything,
  byTag,
  count,
  instant,
  listOf,
  mapOf,
  maybe,
  name,
  object,
  oneOf,
  orNull,
  type Shape,
  scalar,
  span,
  text,
  truth,
} from './shape.ts';
import { claim, overrides, plan, planKind, recordSet, stepKind } from './shapes-plan.ts';

const family = oneOf(FAMILIES);
const families = listOf(family);
const failure = oneOf(FAILURES);
const scalars = mapOf(scalar);
const verdictClass = oneOf(VERDICT_CLASSES);
const flag = orNull(truth);
const blocked = object<HostReading['blocked']>({ v4: flag, v6: flag });
const power = oneOf(['running', 'off', 'transitional', 'unknown']);

const epoch = object<EpochRecord>({ epoch: count, active: name, owner: name, claim: maybe(claim) });
const zoneView = object<ZoneView>({
  epochSet: orNull(recordSet),
  epoch: orNull(epoch),
  epochProblem: maybe(text),
  records: listOf(recordSet),
});
/** What every answer to a slow question has. */
const reading = { service: text, at: instant, tookMs: maybe(span), error: maybe(text) };
const host = object({ ...reading, site: name, power: maybe(power), blocked: maybe(blocked) });

const sample = object<Sample>({
  service: text,
  site: name,
  probe: text,
  family,
  vantage: text,
  at: instant,
  tookMs: span,
  ok: truth,
  failure: maybe(failure),
  detail: maybe(text),
  facts: maybe(scalars),
});
const reference = object<ReferenceSample>({
  reference: text,
  family,
  at: instant,
  tookMs: span,
  ok: truth,
  failure: maybe(failure),
});
const zone = object({ ...reading, view: maybe(zoneView) });
const freshness = object({ ...reading, site: name, lagMs: maybe(span) });

const words = (values: readonly string[]): Shape => oneOf(values);
const facts = object<Facts>({
  control: words(FACT_VALUES.control),
  observer: words(FACT_VALUES.observer),
  essential: words(FACT_VALUES.essential),
  other: words(FACT_VALUES.other),
  withdrawn: words(FACT_VALUES.withdrawn),
  lock: words(FACT_VALUES.lock),
  warnings: words(FACT_VALUES.warnings),
});
const probe = object<ProbeObservation>({
  probe: text,
  required: truth,
  state: oneOf(['ok', 'failing', 'down', 'no-data']),
  fresh: count,
  consecutiveFailures: count,
  failingForMs: amount,
  lastOkAt: orNull(instant),
  lastAt: orNull(instant),
  lastFailure: orNull(failure),
  lastDetail: orNull(text),
});
const familyObservation = object<FamilyObservation>({
  family,
  essential: truth,
  published: truth,
  state: words(FACT_VALUES.essential),
  observer: words(FACT_VALUES.observer),
  blocked: flag,
  okForMs: amount,
  probes: listOf(probe),
});
const observation = object<Observation>({
  service: text,
  site: name,
  at: instant,
  families: listOf(familyObservation),
  host: orNull(host),
  hostAgeMs: orNull(amount),
  warnings: listOf(text),
  facts,
});
const verdict = object<Verdict>({
  service: text,
  site: name,
  class: verdictClass,
  rule: count,
  sentence: text,
  at: instant,
});
const standing = object<Standing>({ code: oneOf(STANDING_CODES), detail: text, plan: maybe(text) });
const gateResult = object<GateResult>({
  number: count,
  code: text,
  sentence: text,
  ok: truth,
  value: text,
  threshold: text,
});

const receipt = object<Receipt>({
  confirmedBy: oneOf(['read-back', 'reply', 'exit-status', 'probe', 'clock', 'best-effort']),
  summary: text,
  facts: maybe(scalars),
});
const entry = { run: text, step: count, kind: stepKind, at: instant };
const rival = object<RivalClaim>({
  owner: name,
  since: instant,
  busyMs: span,
  stepMs: span,
  until: orNull(instant),
});
const quarantine = object<Quarantine>({ site: name, since: instant, run: text });

/** By what is stored under that name. */
export const SHAPES = {
  service: also<PatchedState>(
    object<PatchedState>({
      active: orNull(name),
      epoch: count,
      maxEpoch: count,
      published: orNull(families),
      quarantined: listOf(quarantine),
      rival: orNull(rival),
      tried: listOf(name),
      ackedRun: orNull(name),
    }),
    [[({ epoch: last, maxEpoch }) => last <= maxEpoch, '.epoch is higher than the highest that was seen']],
  ),
  hold: also<Hold>(
    object<Hold>({ service: text, owner: text, reason: text, since: instant, until: orNull(instant) }),
    [[({ since, until }) => until === null || until >= since, '.until lies before its since']],
  ),
  verdict,
  decision: also<Decision>(
    object<Decision>({
      service: text,
      at: instant,
      verdict,
      facts,
      observation,
      standing: orNull(standing),
      plan: orNull(text),
      gate: listOf(gateResult),
      told: maybe(listOf(text)),
    }),
    [
      [one => one.verdict.service === one.service, '.verdict is about another service'],
      [one => one.observation.service === one.service, '.observation is about another service'],
      [
        one => one.observation.site === one.verdict.site,
        '.verdict is about another site than its observation',
      ],
    ],
  ),
  incident: object<Incident>({
    id: text,
    service: text,
    site: name,
    class: verdictClass,
    openedAt: instant,
    closedAt: orNull(instant),
    told: listOf(text),
  }),
  plan,
  // That it ended before it began says only that the clock was set back.
  run: also<Run>(
    object<Run>({
      id: text,
      plan: text,
      service: text,
      kind: planKind,
      to: name,
      automatic: truth,
      token: name,
      status: oneOf(['running', 'interrupted', 'done', 'unverified', 'failed', 'superseded', 'abandoned']),
      startedAt: instant,
      endedAt: orNull(instant),
      flipped: truth,
      note: orNull(text),
    }),
    [[one => isOpen(one) === (one.endedAt === null), '.endedAt and its status do not go together']],
  ),
  journal: byTag('event', {
    intent: object(entry),
    output: object({ ...entry, lines: listOf(text) }),
    receipt: object({ ...entry, receipt }),
    error: object({ ...entry, code: text, message: text }),
  }),
  evidence: object<Evidence>({
    samples: listOf(sample),
    references: listOf(reference),
    hosts: listOf(host),
    zones: listOf(zone),
    freshness: listOf(freshness),
  }),
  notice: object<Notice>({
    id: text,
    at: instant,
    service: text,
    kind: oneOf(['verdict', 'plan', 'step', 'run', 'hold', 'problem']),
    incident: orNull(text),
    text,
    data: mapOf(anything),
  }),
  audit: object<AuditEntry>({
    at: instant,
    operator: text,
    action: text,
    service: orNull(text),
    reason: text,
    overrides,
    detail: text,
  }),
} as const satisfies Readonly<Record<string, Shape>>;
