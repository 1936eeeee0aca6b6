/**
 * A trace: what a runner saw of one service over some time, as a text that a person can keep, mail and look through with
 * grep. JSON lines: a header, then one line a piece of evidence or a run, ordered by `at`. It may come from anybody, so
 * every line is checked and nothing of it is believed: a wrong line ends the reading with its number.
 */
import { type EpochRecord, isEpochToken } from '../model/epoch.ts';
import { PLAN_KINDS, type PlanKind, STEP_KINDS, type StepKind } from '../model/plan.ts';
import { FAILURES, FAMILIES, type ReferenceSample, type Sample } from '../model/sample.ts';
import type { FreshnessReading, HostSignal, RecordSet, ZoneReading, ZoneView } from '../model/signal.ts';
import type { RunStatus } from '../model/state.ts';
import { Fields, type Place, traceInvalid } from './fields.ts';

export const TRACE_FORMAT = 'understudy-trace';
export const TRACE_VERSION = 1;

export interface TraceHeader {
  readonly format: typeof TRACE_FORMAT;
  readonly version: typeof TRACE_VERSION;
  readonly service: string;
  /** Who recorded it. */
  readonly runner: string;
  /** The time that it is about, ms since the epoch; every line's `at` lies in it. */
  readonly from: number;
  readonly to: number;
  /** What was left out on the way. `nothing`: every success stands in it as every failure does. */
  readonly thinned: (typeof THINNED)[number];
  /** Sites that the service had; no line names another one. */
  readonly sites: readonly string[];
}
export const THINNED = ['nothing'] as const;

/** A run that really was made; `at` is when it began. */
export interface TraceRun {
  readonly at: number;
  readonly endedAt: number;
  readonly id: string;
  readonly kind: PlanKind;
  readonly from: string;
  readonly to: string;
  /** False: a person ordered it. */
  readonly automatic: boolean;
  readonly status: (typeof ENDINGS)[number];
  readonly flipped: boolean;
  /** The step that went wrong. */
  readonly failedAt?: StepKind;
}
/** How a run can have ended: one that is still open is in no trace. */
export const ENDINGS = [
  'done',
  'unverified',
  'failed',
  'superseded',
  'abandoned',
] as const satisfies readonly RunStatus[];

export type TraceEvent =
  | { readonly type: 'sample'; readonly item: Sample }
  | { readonly type: 'reference'; readonly item: ReferenceSample }
  | { readonly type: 'host'; readonly item: HostSignal }
  | { readonly type: 'zone'; readonly item: ZoneReading }
  | { readonly type: 'freshness'; readonly item: FreshnessReading }
  | { readonly type: 'run'; readonly item: TraceRun };
export type TraceType = TraceEvent['type'];

export interface Trace {
  readonly header: TraceHeader;
  /** In the order of the file, which is that of `item.at`. */
  readonly events: readonly TraceEvent[];
}

/** A month of a look each second has less; a larger file is some other file. Characters. */
export const TRACE_MOST = 400_000_000;
/** A zone reading of a hundred names fits. Characters. */
const LINE_MOST = 65_536;
/** 9999-12-31, ms since the epoch: beyond it an instant has no print. */
const LAST_INSTANT = 253_402_300_799_999;
const HOUR_MS = 3_600_000;
const TEXT_MOST = 4096;
const POWERS = ['running', 'off', 'transitional', 'unknown'] as const;

/**
 * @param text the whole file
 * @param file its name, for messages
 * @throws UnderstudyError `trace-invalid`, naming file, line, what is wrong and what is allowed
 */
export function readTrace(text: string, file: string): Trace {
  if (text.length > TRACE_MOST)
    throw traceInvalid({ file, line: 1 }, `has ${text.length} characters`, `at most ${TRACE_MOST}`);
  let header: TraceHeader | null = null;
  let last: number | null = null;
  const events: TraceEvent[] = [];
  for (let line = 1, start = 0; start < text.length; line += 1) {
    const cut = text.indexOf('\n', start);
    const end = cut === -1 ? text.length : cut;
    const fields = new Fields(parsed(text, start, end, { file, line }), { file, line });
    start = end + 1;
    if (header === null) {
      header = readHeader(fields);
      last = header.from;
      continue;
    }
    const event = readEvent(fields, header);
    if (last !== null && event.item.at < last)
      fields.fail('at', `is ${event.item.at}: time goes back`, `from ${last} on, the line before`);
    last = event.item.at;
    events.push(event);
  }
  if (header === null) throw traceInvalid({ file, line: 1 }, 'the file is empty', 'a header line');
  return { header, events };
}

/** A message of JSON.parse quotes the text, so none is passed on. */
function parsed(text: string, start: number, end: number, place: Place): unknown {
  if (end - start > LINE_MOST)
    throw traceInvalid(place, `the line has ${end - start} characters`, `at most ${LINE_MOST}`);
  try {
    return JSON.parse(text.slice(start, end));
  } catch {
    throw traceInvalid(place, 'the line is not JSON', 'one JSON object a line, and no line between');
  }
}

function readHeader(fields: Fields): TraceHeader {
  const format = fields.oneOf('format', [TRACE_FORMAT]);
  const version = fields.whole('version', 0, Number.MAX_SAFE_INTEGER);
  if (version !== TRACE_VERSION) fields.fail('version', `is ${version}`, String(TRACE_VERSION));
  const service = token(fields, 'service');
  const runner = token(fields, 'runner');
  const from = fields.whole('from', 0, LAST_INSTANT);
  const to = fields.whole('to', from, LAST_INSTANT);
  const thinned = fields.oneOf('thinned', THINNED);
  const sites = fields.texts('sites', 100, 63);
  for (const [index, site] of sites.entries())
    if (!isEpochToken(site) || sites.indexOf(site) !== index)
      fields.fail(`sites[${index}]`, 'is not a name of its own', 'letters, digits and . _ -, no name twice');
  if (sites.length === 0) fields.fail('sites', 'is empty', 'the names of the sites');
  fields.end();
  return { format, version: TRACE_VERSION, service, runner, from, to, thinned, sites };
}

function readEvent(fields: Fields, header: TraceHeader): TraceEvent {
  const type = fields.oneOf('type', Object.keys(READ) as TraceType[]);
  const item = READ[type](fields, header);
  fields.end();
  return { type, item } as TraceEvent;
}

type Read = {
  readonly [K in TraceType]: (
    fields: Fields,
    header: TraceHeader,
  ) => Extract<TraceEvent, { readonly type: K }>['item'];
};

const READ: Read = {
  sample: (fields, header) => ({
    service: header.service,
    site: siteOf(fields, 'site', header),
    probe: token(fields, 'probe'),
    family: fields.oneOf('family', FAMILIES),
    vantage: token(fields, 'vantage'),
    at: atOf(fields, header),
    tookMs: fields.number('tookMs', 0, HOUR_MS),
    ok: fields.truth('ok'),
    ...(fields.has('failure') ? { failure: fields.oneOf('failure', FAILURES) } : {}),
    ...(fields.has('detail') ? { detail: fields.text('detail', TEXT_MOST) } : {}),
    ...(fields.has('facts') ? { facts: fields.scalars('facts', 64) } : {}),
  }),
  reference: (fields, header) => ({
    reference: fields.name('reference'),
    family: fields.oneOf('family', FAMILIES),
    at: atOf(fields, header),
    tookMs: fields.number('tookMs', 0, HOUR_MS),
    ok: fields.truth('ok'),
    ...(fields.has('failure') ? { failure: fields.oneOf('failure', FAILURES) } : {}),
  }),
  host: (fields, header) => ({
    service: header.service,
    site: siteOf(fields, 'site', header),
    at: atOf(fields, header),
    ...tookOf(fields),
    ...(fields.has('power') ? { power: fields.oneOf('power', POWERS) } : {}),
    ...(fields.has('blocked') ? { blocked: readBlocked(fields) } : {}),
    ...errorOf(fields),
  }),
  zone: (fields, header) => ({
    service: header.service,
    at: atOf(fields, header),
    ...tookOf(fields),
    ...(fields.has('view') ? { view: readView(fields) } : {}),
    ...errorOf(fields),
  }),
  freshness: (fields, header) => ({
    service: header.service,
    site: siteOf(fields, 'site', header),
    at: atOf(fields, header),
    ...tookOf(fields),
    ...(fields.has('lagMs') ? { lagMs: fields.number('lagMs', 0, LAST_INSTANT) } : {}),
    ...errorOf(fields),
  }),
  run: (fields, header) => {
    const at = atOf(fields, header);
    return {
      at,
      endedAt: fields.whole('endedAt', at, LAST_INSTANT),
      id: token(fields, 'id'),
      kind: fields.oneOf('kind', PLAN_KINDS),
      from: siteOf(fields, 'from', header),
      to: siteOf(fields, 'to', header),
      automatic: fields.truth('automatic'),
      status: fields.oneOf('status', ENDINGS),
      flipped: fields.truth('flipped'),
      ...(fields.has('failedAt') ? { failedAt: fields.oneOf('failedAt', STEP_KINDS) } : {}),
    };
  },
};

function atOf(fields: Fields, { from, to }: TraceHeader): number {
  return fields.whole('at', from, to);
}

function token(fields: Fields, key: string): string {
  const value = fields.name(key);
  if (!isEpochToken(value)) fields.fail(key, 'is no name', 'up to 63 letters, digits and . _ -');
  return value;
}

function siteOf(fields: Fields, key: string, { sites }: TraceHeader): string {
  return fields.oneOf(key, sites);
}

/** Absent in what an older version stored. */
function tookOf(fields: Fields): { readonly tookMs?: number } {
  return fields.has('tookMs') ? { tookMs: fields.number('tookMs', 0, HOUR_MS) } : {};
}

function errorOf(fields: Fields): { readonly error?: string } {
  return fields.has('error') ? { error: fields.text('error', TEXT_MOST) } : {};
}

function readBlocked(fields: Fields): Record<'v4' | 'v6', boolean | null> {
  const inner = fields.inside('blocked');
  if (inner === null) fields.fail('blocked', 'is null', '{"v4": true|false|null, "v6": true|false|null}');
  const flag = (key: 'v4' | 'v6') => (inner.isNull(key) ? null : inner.truth(key));
  const blocked = { v4: flag('v4'), v6: flag('v6') };
  inner.end();
  return blocked;
}

function readView(fields: Fields): ZoneView {
  const inner = fields.inside('view');
  if (inner === null) fields.fail('view', 'is null', 'an object, or left out');
  const set = inner.inside('epochSet');
  const epoch = inner.inside('epoch');
  const view: ZoneView = {
    epochSet: set === null ? null : readSet(set, ['TXT']),
    epoch: epoch === null ? null : readEpoch(epoch),
    ...(inner.has('epochProblem') ? { epochProblem: inner.text('epochProblem', TEXT_MOST) } : {}),
    records: inner.insideAll('records', 400).map(record => readSet(record, ['A', 'AAAA'])),
  };
  if (view.epochSet === null && view.epoch !== null)
    inner.fail('epoch', 'stands without its record set', 'null where `epochSet` is null');
  inner.end();
  return view;
}

function readSet(fields: Fields, types: readonly RecordSet['type'][]): RecordSet {
  const set = {
    name: fields.text('name', 255),
    type: fields.oneOf('type', types),
    ttlS: fields.whole('ttlS', 0, 2 ** 31 - 1),
    values: fields.texts('values', 400, TEXT_MOST),
  };
  fields.end();
  return set;
}

function readEpoch(fields: Fields): EpochRecord {
  const epoch = fields.whole('epoch', 1, 999_999_999_999_999);
  const record = { epoch, active: token(fields, 'active'), owner: token(fields, 'owner') };
  fields.end();
  return record;
}
