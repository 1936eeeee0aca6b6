/** The status as text and as data. What takes back the rest (a stale record, an unusable state) stands on top. */
import { duration, instant } from '../../announce/plain.ts';
import type { Settings } from '../../model/service.ts';
import type { ServiceState, StoredPlan } from '../../model/state.ts';
import type { UnderstudyError } from '../../ports/errors.ts';
import type { ServiceStatus, StatusDocument } from '../../server/status.ts';
import type { DnsView, ServerView } from '../dns-view.ts';
import { holdLine } from './hold.ts';
import { ago, clean, count, field, type Paint, painter, when, wrap } from './text.ts';

/** What waits for one sink. */
export interface SinkBacklog {
  readonly sink: string;
  readonly waiting: number;
  readonly oldestAt: number;
  /** Of the first: what comes after it waits for it. */
  readonly attempts: number;
  readonly dueAt: number;
  readonly lastError: string | null;
}

export interface StatusReport {
  readonly settings: Pick<Settings, 'mode' | 'state' | 'services'>;
  readonly now: number;
  readonly state:
    | {
        readonly document: StatusDocument;
        readonly states: readonly ServiceState[];
        readonly proposed: readonly StoredPlan[];
        readonly backlog: readonly SinkBacklog[];
      }
    | { readonly error: UnderstudyError };
  /** Of the services that were asked for; empty when the name servers were not asked. */
  readonly dns: readonly DnsView[];
}

/** The document of `/status.json` and, beside it, what only the operator sees. Instants in ms since the Unix epoch. */
export function statusData({ settings, now, state, dns }: StatusReport) {
  if ('error' in state) {
    const { code, message, next } = state.error;
    const empty: StatusDocument = { version: 1, at: now, mode: settings.mode, stale: true, services: [] };
    return { ...empty, stateError: { code, message, next }, proposed: [], backlog: [], dns };
  }
  const proposed = state.proposed.map(({ plan }) => ({
    id: plan.id,
    service: plan.service,
    kind: plan.kind,
    from: plan.from,
    to: plan.to,
    hash: plan.hash,
    expiresAt: plan.expiresAt,
  }));
  return { ...state.document, stateError: null, proposed, backlog: state.backlog, dns };
}

/** @param colours whether a person reads it in a terminal */
export function statusText(report: StatusReport, colours: boolean): string {
  const paint = painter(colours);
  const { settings, now, state, dns } = report;
  const head = `${instant(now)}, mode ${settings.mode}, ${count(settings.services.length, 'service')}`;
  if ('error' in state) {
    const { message, next } = state.error;
    const lines = [
      wrap(`${paint.red('THE STATE CANNOT BE USED:')} ${clean(message)}`, ''),
      ...(next === null ? [] : [wrap(clean(next), '  next: ')]),
      'What DNS says now, asked without credentials:',
    ];
    return [
      head,
      ...lines,
      ...dns.flatMap(view => ['', paint.bold(view.service), ...dnsLines(view, paint)]),
      '',
    ].join('\n');
  }
  const blocks = state.document.services.flatMap(service => [
    '',
    ...serviceLines(service, report, state.states, state.proposed, paint),
  ]);
  return [head, ...blocks, ...backlogLines(state.backlog, now, paint), ''].join('\n');
}

function serviceLines(
  service: ServiceStatus,
  { now, dns }: StatusReport,
  states: readonly ServiceState[],
  proposed: readonly StoredPlan[],
  paint: Paint,
): readonly string[] {
  const { verdict, active, since, sentence, rule, staleNote, standing, hold, incident } = service;
  const state = states.find(one => one.service === service.name);
  const lasting = since === null ? '' : ` for ${duration(now - since)}`;
  const judged = state?.lastVerdict?.site ?? null;
  const title = `${service.name}: ${verdict ?? 'never judged'}${judged === null ? '' : ` at ${judged}`}${lasting}`;
  const lines = [paint.bold(colourOf(service, paint)(title))];
  if (judged !== null && active !== null && judged !== active)
    lines.push(wrap(paint.yellow(`DNS points to ${active} by now, which the next look will judge`), '  '));
  if (staleNote !== null) lines.push(wrap(paint.red(`STALE: ${staleNote}`), '  '));
  if (sentence !== null) lines.push(field('verdict', `${sentence} (rule ${rule})`));
  if (hold !== null) lines.push(field('hold', paint.yellow(holdLine(hold, now))));
  lines.push(field('active', activeLine(service)));
  if (service.families.length > 0) lines.push(field('seen', service.families.map(familyText).join('; ')));
  if (incident !== null)
    lines.push(
      field(
        'incident',
        `${incident.id}, ${incident.class} at ${incident.site}, since ${when(incident.openedAt, now)}`,
      ),
    );
  if (service.run !== null) lines.push(field('last run', runText(service, service.run, now)));
  if (standing !== null && standing.code !== 'nothing-to-do')
    lines.push(
      field('not acting', `${standing.code}: ${standing.detail} (more: understudy why ${service.name})`),
    );
  for (const { plan } of proposed.filter(one => one.plan.service === service.name))
    lines.push(
      field(
        'plan waits',
        `${plan.kind} ${plan.from} -> ${plan.to} until ${when(plan.expiresAt, now)}: understudy approve ${plan.id}`,
      ),
    );
  for (const entry of state?.quarantined ?? [])
    lines.push(
      field(
        'quarantine',
        `${entry.site} since ${when(entry.since, now)}, run ${clean(entry.run)}; back in with: understudy clear ${service.name} ${entry.site} --reason "…"`,
      ),
    );
  lines.push(field('looked', agesText(service)));
  const view = dns.find(one => one.service === service.name);
  return view === undefined ? lines : [...lines, ...dnsLines(view, paint)];
}

function colourOf({ verdict, stale }: ServiceStatus, paint: Paint): Paint[keyof Paint] {
  if (stale || verdict === null) return paint.yellow;
  if (verdict === 'HEALTHY') return paint.green;
  return verdict === 'WARNED' || verdict === 'SUSPECT' || verdict === 'FAMILY_RETURNED'
    ? paint.yellow
    : paint.red;
}

function activeLine({ active, epoch, published }: ServiceStatus): string {
  if (active === null) return 'not read from DNS yet';
  const families = published === null ? '' : `, published ${published.join(' and ') || 'in no family'}`;
  if (published === null) return `${active} by the config; DNS has not been read yet`;
  return `${active}, ${epoch === 0 ? 'no epoch in DNS yet' : `epoch ${epoch}`}${families} (as last read from DNS)`;
}

function familyText({ family, state, published, blocked }: ServiceStatus['families'][number]): string {
  const lock = blocked === true ? ', LOCKED by the hoster' : '';
  return `${family} ${state}${published ? '' : ', not published'}${lock}`;
}

function runText({ stale }: ServiceStatus, run: NonNullable<ServiceStatus['run']>, now: number): string {
  const who = run.automatic ? 'automatic' : 'by a person';
  const note = run.note === null ? '' : `; ${run.note}`;
  return `${run.id}, ${run.kind} to ${run.to}, ${who}: ${stateOfRun(run, stale, now)}${note}`;
}

function stateOfRun(run: NonNullable<ServiceStatus['run']>, stale: boolean, now: number): string {
  if (run.endedAt !== null)
    return `${run.status}, ${ago(run.endedAt, now)}, took ${duration(run.endedAt - run.startedAt)}`;
  const begun = when(run.startedAt, now);
  return stale
    ? `OPEN, begun ${begun}, and nobody has been heard of lately: understudy tick goes on with it`
    : `${run.status}, since ${begun}`;
}

function agesText({ ages }: ServiceStatus): string {
  const age = (ms: number | null) => (ms === null ? 'never' : `${duration(ms)} ago`);
  return `judged ${age(ages.decisionMs)}; probed ${age(ages.sampleMs)}; hoster asked ${age(ages.hostMs)}`;
}

function dnsLines(view: DnsView, paint: Paint): readonly string[] {
  if (view.problem !== null) return [field('dns', paint.red(clean(view.problem)))];
  const lines = view.servers.map(server =>
    field('dns', `${server.server}: ${serverText(server, view.name, paint)}`),
  );
  const epochs = new Set(view.servers.flatMap(({ epoch }) => (epoch === null ? [] : [epoch.epoch])));
  if (epochs.size > 1)
    lines.push(
      field(
        '',
        paint.yellow('the name servers do not agree: a change is still spreading, or one is cut off'),
      ),
    );
  return lines;
}

function serverText({ epoch, addresses, site, problem }: ServerView, name: string, paint: Paint): string {
  if (problem !== null && addresses.length === 0) return paint.red(clean(problem));
  const record =
    epoch === null
      ? clean(problem ?? 'no epoch')
      : `epoch ${epoch.epoch}, active ${epoch.active}${epoch.claim === undefined ? '' : `, claimed by ${epoch.owner} (busy ${epoch.claim.busyS} s, step ${epoch.claim.stepS} s)`}`;
  const where =
    site === null
      ? addresses.map(clean).join(', ') || 'no address'
      : `${site} (${addresses.map(clean).join(', ')})`;
  return `${record}; ${name} is ${where}`;
}

function backlogLines(backlog: readonly SinkBacklog[], now: number, paint: Paint): readonly string[] {
  if (backlog.length === 0) return [];
  const lines = backlog.map(({ sink, waiting, oldestAt, attempts, lastError }) => {
    const error =
      lastError === null ? '' : `; ${count(attempts, 'attempt')} failed, the last with ${clean(lastError)}`;
    const text = `${sink}: ${count(waiting, 'notice')}, the oldest ${when(oldestAt, now)}${error}`;
    return field('', lastError === null ? text : paint.yellow(text), 2);
  });
  return ['', 'Notices not delivered yet', ...lines];
}
