/** Expectations, held against events made by hand: each is seen to pass, and to fail with what was the case instead. */
import assert from 'node:assert/strict';
import type { Event } from '../../../src/simulate/events.ts';
import { Expectations } from '../../../src/simulate/scenario/expect.ts';
import { parseScenario } from '../../../src/simulate/scenario/parse.ts';
import { commit, decision, delivered, DESK, promoted, run, World } from './truth.ts';

const HEAD = `begins at 00:00
service mail
site home, ipv4
site away, ipv4
`;
const BASE = HEAD.split('\n').length;

type Happens = Event | ((world: World) => void);

/** @returns a line for each failure: `LINE: what was the case instead @ minute` */
function failures(body: string, happens: readonly Happens[]): readonly string[] {
  const { script, expectations } = parseScenario(`${HEAD}${body}\n`, 'a');
  const world = new World();
  const judge = new Expectations(script.cast, expectations);
  for (const one of happens) {
    if (typeof one === 'function') one(world);
    else judge.see(one, world.truth);
  }
  return judge
    .end(world.truth)
    .map(({ line, instead, at }) => `${line - BASE + 1}: ${instead} @ ${at / 60_000}`);
}

/** Time passes, nothing happens. */
const tick = (minute: number): Event => ({
  kind: 'told-reference',
  at: minute * 60_000,
  family: 'v4',
  ok: true,
  by: DESK,
});
const flip = (world: World) => {
  world.active = 'away';
  world.epochNumber = 1;
  world.writes = 'away';
};
const standing = { standing: { code: 'no-viable-target', detail: 'd' } } as const;
const refused = { gate: [{ number: 1, code: 'hold', sentence: 's', ok: false, value: 'v', threshold: 't' }] };
const hold = { service: 'mail', owner: 'alice', reason: 'r', since: 0 };

describe('scenario: expectations', () => {
  const quiet = [tick(1), tick(2), tick(3), tick(4), tick(5), tick(6), tick(7)];
  const night: readonly Happens[] = [
    commit(0, decision('HEALTHY')),
    tick(1),
    commit(2, decision('UNREACHABLE', { ...standing, ...refused })),
    commit(3, run('running'), decision('UNREACHABLE')),
    flip,
    promoted(3, 'away'),
    tick(3.5),
    commit(4, run('done', 'well')),
    commit(4, {
      kind: 'journal',
      entry: {
        run: 'r-1',
        step: 0,
        kind: 'fence',
        at: 0,
        event: 'receipt',
        receipt: { confirmedBy: 'reply', summary: 's' },
      },
    }),
    commit(4, {
      kind: 'service',
      service: 'mail',
      patch: { quarantined: [{ site: 'home', since: 0, run: 'r-1' }] },
    }),
    delivered(4, 'n1', 'mail: UNREACHABLE at home'),
    delivered(5, 'n1', 'mail: UNREACHABLE at home'),
    commit(5, { kind: 'hold', hold: { ...hold, until: null } }),
    tick(6),
    commit(7, { kind: 'resume', service: 'mail' }),
    tick(8),
  ];

  const cases: readonly (readonly [expect: string, happens: readonly Happens[], instead: string | null])[] = [
    ['at 00:02 expect mail UNREACHABLE', night, null],
    ['at 00:01 expect mail UNREACHABLE', night, 'the verdict is HEALTHY @ 1'],
    ['at 00:01 expect mail UNREACHABLE within 1m', night, null],
    ['at 00:01 expect mail PROVIDER_LOCK within 5m', night, 'the verdict is UNREACHABLE @ 6'],
    ['at 00:01 expect mail UNREACHABLE at desk within 2m', night, null],
    ['at 00:01 expect mail HEALTHY for 1m', night, null],
    ['at 00:00 expect mail HEALTHY for 3m', night, 'the verdict is UNREACHABLE @ 2'],
    ['at 00:01 expect mail UNREACHABLE within 5m', quiet, 'the verdict is none yet @ 6'],
    ['at 00:01 expect mail active away within 3m', night, null],
    ['at 00:01 expect mail active away within 2m', night, null],
    ['at 00:01 expect mail active away within 1m', night, 'DNS leads to home, its epoch names none @ 2'],
    ['at 00:01 expect mail active home for 1m', night, null],
    ['at 00:01 expect mail active home for 5m', night, 'DNS leads to away, its epoch names away @ 3'],
    ['at 00:04 expect mail served by away', night, null],
    ['at 00:04 expect mail served by home', night, '0 in 100 are @ 4'],
    ['at 00:04 expect mail published in ipv4', night, null],
    ['at 00:04 expect mail published in ipv4, ipv6', night, 'it is published in v4 @ 4'],
    ['at 00:04 expect mail epoch 1', night, null],
    ['at 00:04 expect mail epoch 2', night, 'it is 1 @ 4'],
    ['at 00:04 expect mail moved 0 times', night, null],
    ['at 00:04 expect mail moved 1 times', night, 'it is 0 @ 4'],
    ['at 00:02 expect mail standing no-viable-target', night, null],
    ['at 00:02 expect mail standing looking', night, 'it is no-viable-target @ 2'],
    ['at 00:02 expect mail refused by hold within 1m', night, null],
    ['at 00:02 expect mail refused by mode within 1m', night, 'refused by hold @ 3'],
    ['at 00:06 expect mail held', night, null],
    ['at 00:08 expect mail not held', night, null],
    ['at 00:06 expect mail not held', night, 'alice holds it @ 6'],
    ['at 00:02 expect mail held', night, 'no hold is in force @ 2'],
    ['at 00:04 expect quarantined home of mail', night, null],
    ['at 00:04 expect quarantined away of mail', night, 'kept out: home @ 4'],
    ['at 00:04 expect away of mail takes writes', night, null],
    ['at 00:04 expect home of mail takes writes', night, 'it takes none @ 4'],
    ['at 00:04 expect away of mail takes no writes', night, 'it takes writes @ 4'],
    ['at 00:01 expect mail run ends done within 5m', night, null],
    ['at 00:01 expect mail run ends failed within 5m', night, 'done: well @ 6'],
    ['at 00:01 expect mail run ends done within 5m', quiet, 'no run ended @ 6'],
    ['at 00:01 expect mail step fence done within 5m', night, null],
    ['at 00:01 expect mail step fence failed within 5m', night, 'fence done @ 6'],
    ['at 00:01 expect mail plan proposed within 5m', night, 'no plan waits @ 6'],
    ['at 00:01 expect notice "UNREACHABLE" within 5m', night, null],
    ['at 00:01 expect notice "UNREACHABLE" at irc within 5m', night, null],
    ['at 00:01 expect notice "LOCK" within 5m', night, 'told was: mail: UNREACHABLE at home @ 6'],
    ['at 00:01 expect notice "UNREACHABLE" once for 5m', night, null],
    [
      'at 00:01 expect notice "UNREACHABLE" once for 5m',
      [...night.slice(0, 11), delivered(5, 'n2', 'UNREACHABLE')],
      '2 times @ 5',
    ],
    ['at 00:01 expect notice "UNREACHABLE" once for 5m', quiet, '0 times @ 6'],
    ['at 00:01 expect no notice "UNREACHABLE" for 2m', night, null],
    ['at 00:01 expect no notice "UNREACHABLE" for 5m', night, 'it was told @ 4'],
    ['at 00:01 expect nothing is done for 1m', night, null],
    ['at 00:01 expect nothing is done to mail for 5m', night, 'done was: promoted away @ 3'],
    ['at 00:01 expect nothing is done for 5m', [promoted(2, 'away', null), tick(8)], null],
    ['at 00:04 expect never promoted away of mail', night, null],
    ['at 00:01 expect never promoted home of mail', night, null],
    ['at 00:01 expect never promoted away of mail\nat 00:08 the story ends', night, 'it was promoted @ 3'],
  ];
  for (const [expect, happens, instead] of cases) {
    it(`${expect}: ${instead ?? 'is met'}`, () => {
      const found = failures(expect, happens);
      assert.deepEqual(found, instead === null ? [] : [`1: ${instead}`]);
    });
  }

  it('tells a proposal', () => {
    const plan = { id: 'p-1', service: 'mail', kind: 'failover', from: 'home', to: 'away' } as const;
    const stored = commit(2, {
      kind: 'plan',
      status: 'proposed',
      plan: {
        ...plan,
        hash: '',
        basis: '',
        baseEpoch: 0,
        steps: [],
        overrides: [],
        origin: { by: 'judge' },
        because: { class: 'UNREACHABLE', rule: 40, at: 0 },
        createdAt: 0,
        expiresAt: 0,
      },
    });
    assert.deepEqual(failures('at 00:01 expect mail plan proposed within 5m', [stored, tick(9)]), []);
  });

  it('tells several failures in the order of the file, each with its line', () => {
    const found = failures(
      'at 00:01 expect mail active away within 6m\nexpect mail HEALTHY within 1m\nexpect mail epoch 0',
      quiet,
    );
    assert.deepEqual(
      found.map(line => line.slice(0, 2)),
      ['1:', '2:'],
    );
  });

  it('does not count a hold that has run out', () => {
    const held = commit(1, { kind: 'hold', hold: { ...hold, until: 3 * 60_000 } });
    const later = [held, commit(2), tick(2.5), commit(4), tick(5)];
    assert.deepEqual(failures('at 00:02 expect mail held for 30s', later), []);
    assert.deepEqual(failures('at 00:02 expect mail not held within 3m', later), []);
  });
});
