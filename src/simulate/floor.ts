/**
 * What must have occurred before a run of the simulator counts as a proof: every fault of the vocabulary, every rule of the
 * judge, every row of the gate with a refusal. The lists come from the tables themselves, so that a new row is asked for
 * on the day it is written.
 */
import { RULES } from '../judge/rules.ts';
import { OVERRIDES } from '../model/plan.ts';
import { GATE_ROWS } from '../plan/gate/rows.ts';
import type { Coverage } from './coverage.ts';
import { DRAWS } from './draws.ts';
import {
  API_FAULTS,
  COMMAND_FAULTS,
  COMMANDS,
  DISK_FAULTS,
  type HappeningKind,
  SINK_FAULTS,
} from './script.ts';
import { EDITS } from './tamper.ts';

export type FloorArea = 'fault' | 'rule' | 'gate';

export interface Missing {
  readonly area: FloorArea;
  readonly name: string;
}

/** Kinds of which more than the kind is counted, with what follows it in the name (faultName). */
const VARIANTS: Readonly<Partial<Record<HappeningKind, readonly string[]>>> = {
  'site-fails': ['refused', 'hang', 'status'],
  'probe-fails': ['refused', 'hang'],
  command: COMMANDS.flatMap(name => Object.keys(COMMAND_FAULTS).map(how => `${name} ${how}`)),
  api: ['dns', 'hoster'].flatMap(api => Object.keys(API_FAULTS).map(how => `${api} ${how}`)),
  disk: Object.keys(DISK_FAULTS),
  sink: Object.keys(SINK_FAULTS),
  crash: ['before', 'after'],
  tamper: Object.keys(EDITS),
  config: ['ttl', 'record'],
};
const MOVES = ['failover', 'switchover'];

/** @returns every name that must occur, as the coverage counts it */
export function wanted(): readonly Missing[] {
  const kinds = Object.keys(DRAWS) as HappeningKind[];
  const faults = kinds.flatMap(kind => {
    if (kind === 'order') return MOVES.flatMap(move => [move, ...OVERRIDES.map(one => `${move} ${one}`)]);
    return VARIANTS[kind]?.map(variant => `${kind} ${variant}`) ?? [kind];
  });
  return [
    ...faults.map(name => ({ area: 'fault' as const, name })),
    ...RULES.map(({ number, class: verdict }) => ({ area: 'rule' as const, name: `${number} ${verdict}` })),
    ...GATE_ROWS.map(({ number, code }) => ({ area: 'gate' as const, name: `${number} ${code}` })),
  ];
}

/** What cannot occur, by `area name`, and why. Each is held by a test of its own room. */
export const CANNOT: Readonly<Record<string, string>> = {
  'gate 26 observer':
    'judge and gate read the same observation, and where a family fails that is not proven, rules 20, 22 and 50 call for nothing; test/plan holds the row',
};

/** @returns what should have occurred and did not */
export function neverOccurred(coverage: Coverage): readonly Missing[] {
  return wanted().filter(
    ({ area, name }) => CANNOT[`${area} ${name}`] === undefined && !coverage[area].has(name),
  );
}
