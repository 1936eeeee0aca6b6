/** How often each fault, rule, gate refusal and step outcome occurred: what never occurred was not tested. */
import type { Decision } from '../model/state.ts';
import { GATE_ROWS } from '../plan/gate/rows.ts';
import type { Actor, Event } from './events.ts';
import type { Happening } from './script.ts';

export const COVERED = ['fault', 'rule', 'gate', 'step', 'run', 'standing'] as const;
export type Covered = (typeof COVERED)[number];
/** Counts by area, then by name. */
export type Coverage = Readonly<Record<Covered, Map<string, number>>>;

export function createCoverage(): Coverage {
  const make = () => new Map<string, number>();
  return { fault: make(), rule: make(), gate: make(), step: make(), run: make(), standing: make() };
}

export function count(coverage: Coverage, event: Event): void {
  if (event.kind === 'happening' && !event.over) add(coverage.fault, faultName(event.happening));
  if (event.kind === 'said' && !isRunner(event.by)) countTold(coverage, event.text);
  if (event.kind !== 'commit') return;
  for (const change of event.changes) {
    if (change.kind === 'decision') {
      add(coverage.rule, `${change.decision.verdict.rule} ${change.decision.verdict.class}`);
      if (change.decision.standing !== null) add(coverage.standing, change.decision.standing.code);
      if (isRunner(event.by)) countRefusals(coverage, change.decision);
    }
    if (change.kind === 'journal') {
      const { entry } = change;
      if (entry.event === 'receipt') add(coverage.step, `${entry.kind} ${entry.receipt.confirmedBy}`);
      if (entry.event === 'error') add(coverage.step, `${entry.kind} failed: ${entry.code}`);
    }
    if (change.kind === 'run' && change.run.status !== 'running')
      add(coverage.run, `${change.run.kind} ${change.run.status}`);
  }
}

function isRunner({ program }: Actor): boolean {
  return program === 'tick' || program === 'run';
}

function countRefusals(coverage: Coverage, { gate }: Decision): void {
  for (const row of gate) if (!row.ok) add(coverage.gate, `${row.number} ${row.code}`);
}

/** A person is told of a refusal, and it is written down only when the plan had been let through when it was shown. */
function countTold(coverage: Coverage, text: string): void {
  for (const [, told] of text.matchAll(/against rule (\d+):/g)) {
    const row = GATE_ROWS.find(({ number }) => number === Number(told));
    if (row !== undefined) add(coverage.gate, `${row.number} ${row.code}`);
  }
}

/** Adds what another simulation saw. */
export function merge(into: Coverage, from: Coverage): void {
  for (const area of COVERED) for (const [name, times] of from[area]) add(into[area], name, times);
}

/** As it goes from one process to another. */
export type CoverageData = Readonly<Record<Covered, Readonly<Record<string, number>>>>;

/** @returns plain data, names in alphabetical order */
export function toData(coverage: Coverage): CoverageData {
  const sorted = (counts: Map<string, number>) =>
    Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { fault, rule, gate, step, run, standing } = coverage;
  return {
    fault: sorted(fault),
    rule: sorted(rule),
    gate: sorted(gate),
    step: sorted(step),
    run: sorted(run),
    standing: sorted(standing),
  };
}

export function fromData(data: CoverageData): Coverage {
  const coverage = createCoverage();
  for (const area of COVERED)
    for (const [name, times] of Object.entries(data[area])) add(coverage[area], name, times);
  return coverage;
}

export function faultName(happening: Happening): string {
  switch (happening.kind) {
    case 'api':
      return `api ${happening.api === 'dns' ? 'dns' : 'hoster'} ${happening.how}`;
    case 'command':
      return `command ${happening.command} ${happening.how}`;
    case 'disk':
    case 'sink':
    case 'site-fails':
    case 'probe-fails':
      return `${happening.kind} ${happening.how}`;
    case 'crash':
      return `crash ${happening.when}`;
    case 'order':
      return [happening.move, ...happening.overrides].join(' ');
    case 'tamper':
      return `tamper ${happening.row}`;
    case 'config':
      return `config ${happening.change}`;
    default:
      return happening.kind;
  }
}

function add(counts: Map<string, number>, name: string, times = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
