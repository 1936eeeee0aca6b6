/** What people do in a scenario: the orders of `understudy hold`, `failover` and the rest, and what they should not do. */
import { type Override, OVERRIDES } from '../../model/plan.ts';
import { GATE_ROWS } from '../../plan/gate/rows.ts';
import type { Happening } from '../script.ts';
import { forSo, type HappeningPhrase, lasting, phrase, type Where } from './phrases.ts';
import type { Found } from './slots.ts';

type Order = Extract<Happening, { readonly kind: 'order' }>;

const AT = '[at STATION]';
/** How the order of a person ends. */
const END = `[because TEXT] ${AT}`;
const ROWS = GATE_ROWS.map(row => row.code);

/** Who gives the order, where, why, and for which service. */
function order(found: Found, where: Where) {
  return {
    operator: found.text('PERSON'),
    station: where.station(found),
    service: found.text('SERVICE'),
    ...(found.has('TEXT') && { reason: found.text('TEXT') }),
  };
}

function ending({ reason, station }: { readonly reason?: string; readonly station: string }, where: Where) {
  return `${reason === undefined ? '' : ` because "${reason}"`}${where.atStation(station)}`;
}

function withOverrides({ overrides }: { readonly overrides: readonly Override[] }): string {
  return overrides.length === 0 ? '' : ` with ${overrides.join(', ')}`;
}

/** One row for each kind of move, since they read differently. */
function move(kind: Order['move']): HappeningPhrase {
  return phrase(
    'order',
    `PERSON orders a ${kind} of SERVICE [to SITE] [with OVERRIDES] ${END}`,
    kind === 'failover'
      ? '`understudy failover`: the old site is taken for gone.'
      : '`understudy switchover`: the old site hands over.',
    (found, where) => ({
      ...order(found, where),
      move: kind,
      to: found.has('SITE') ? found.text('SITE') : null,
      overrides: found.has('OVERRIDES') ? found.some('OVERRIDES', OVERRIDES) : [],
    }),
    (it, where) => {
      if (it.move !== kind) return null;
      const to = it.to === null ? '' : ` to ${it.to}`;
      return `${it.operator} orders a ${kind} of ${it.service}${to}${withOverrides(it)}${ending(it, where)}`;
    },
  );
}

export const PEOPLE: readonly HappeningPhrase[] = [
  phrase(
    'hold',
    `PERSON holds SERVICE [for DURATION] ${END}`,
    '`understudy hold`: nothing is switched meanwhile.',
    (found, where) => ({ ...order(found, where), ...lasting(found) }),
    (it, where) => `${it.operator} holds ${it.service}${forSo(it)}${ending(it, where)}`,
  ),
  phrase(
    'resume',
    `PERSON resumes SERVICE ${END}`,
    '`understudy resume`: the hold is lifted.',
    order,
    (it, where) => `${it.operator} resumes ${it.service}${ending(it, where)}`,
  ),
  phrase(
    'ack',
    `PERSON acks SERVICE ${END}`,
    '`understudy ack`: the block window is lifted.',
    order,
    (it, where) => `${it.operator} acks ${it.service}${ending(it, where)}`,
  ),
  phrase(
    'accept-epoch',
    `PERSON accepts the epoch of SERVICE ${END}`,
    '`understudy ack --accept-epoch`: what DNS shows now counts.',
    order,
    (it, where) => `${it.operator} accepts the epoch of ${it.service}${ending(it, where)}`,
  ),
  phrase(
    'clear',
    `PERSON clears SITE of SERVICE ${END}`,
    '`understudy clear`: the site may serve again.',
    (found, where) => ({ ...order(found, where), site: found.text('SITE') }),
    (it, where) => `${it.operator} clears ${it.site} of ${it.service}${ending(it, where)}`,
  ),
  move('failover'),
  move('switchover'),
  phrase(
    'approve',
    `PERSON approves the plan of SERVICE [with OVERRIDES] ${END}`,
    '`understudy approve`: the plan that waits is carried out; in mode propose only with mode-act.',
    (found, where) => ({
      ...order(found, where),
      overrides: found.has('OVERRIDES') ? found.some('OVERRIDES', ['mode-act']) : [],
    }),
    (it, where) =>
      `${it.operator} approves the plan of ${it.service}${withOverrides(it)}${ending(it, where)}`,
  ),
  phrase(
    'look-in',
    'somebody tidies up',
    'Old primaries are brought home as standbys and cleared, holds lifted, plans that wait approved.',
    () => ({}),
    () => 'somebody tidies up',
  ),
  phrase(
    'tamper',
    `somebody edits the plan of SERVICE against ROW ${AT}`,
    'The plan that waits is changed in the state so that it breaks this row of the gate.',
    (found, where) => ({
      station: where.station(found),
      service: found.text('SERVICE'),
      row: found.one('ROW', ROWS),
    }),
    (it, where) => `somebody edits the plan of ${it.service} against ${it.row}${where.atStation(it.station)}`,
  ),
  phrase(
    'config',
    `somebody changes the CHANGE of SERVICE ${AT}`,
    'The config is changed: the next process reads it.',
    (found, where) => ({
      station: where.station(found),
      service: found.text('SERVICE'),
      change: found.one('CHANGE', ['ttl', 'record']),
    }),
    (it, where) => `somebody changes the ${it.change} of ${it.service}${where.atStation(it.station)}`,
  ),
];
