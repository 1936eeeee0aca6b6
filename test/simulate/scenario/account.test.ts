/** The account of a few events made by hand. */
import assert from 'node:assert/strict';
import { buildCast } from '../../../src/simulate/cast.ts';
import type { Event } from '../../../src/simulate/events.ts';
import { createAccount } from '../../../src/simulate/scenario/account.ts';
import { commit, decision, delivered, DESK, notice, run, World } from './truth.ts';

const cast = buildCast({ services: [{ name: 'mail', sites: [{ name: 'home' }, { name: 'away' }] }] });

function account(events: readonly Event[]): readonly string[] {
  const told = createAccount(cast, at => `${at / 60_000}m`);
  for (const event of events) told.see(event, new World().truth);
  return told.lines();
}

describe('scenario: the account', () => {
  it('tells what happened, who was told, and changes only', () => {
    const problem = { standing: { code: 'zone-unread', detail: 'd' } } as const;
    const waiting = { standing: { code: 'looking', detail: 'd' } } as const;
    const entry = { run: 'r-1', step: 0, kind: 'fence', at: 0 } as const;
    const receipt = { confirmedBy: 'reply', summary: 'home is off' } as const;
    assert.deepEqual(
      account([
        commit(0, decision('HEALTHY')),
        {
          kind: 'happening',
          at: 60_000,
          over: false,
          happening: { at: 60_000, kind: 'lock', box: '1001', families: ['v4'] },
        },
        commit(2, decision('PROVIDER_LOCK', waiting), {
          kind: 'notice',
          sinks: ['irc'],
          notice: notice('n-1', 'mail: PROVIDER_LOCK at home, was HEALTHY. The rest.'),
        }),
        commit(3, decision('PROVIDER_LOCK', problem)),
        commit(4, decision('PROVIDER_LOCK', problem)),
        commit(5, run('running')),
        commit(5, { kind: 'journal', entry: { ...entry, event: 'receipt', receipt } }),
        commit(5, {
          kind: 'journal',
          entry: { ...entry, event: 'error', code: 'provider-timeout', message: 'm' },
        }),
        {
          kind: 'zone',
          at: 330_000,
          service: 'mail',
          before: [{ name: 'm', type: 'AAAA', ttlS: 60, values: ['::1'] }],
          after: [{ name: 'm', type: 'A', ttlS: 60, values: ['203.0.113.2'] }],
          epochBefore: null,
          epochAfter: { epoch: 1, active: 'away', owner: 'r-1' },
          askedAt: 330_000,
          by: DESK,
        },
        commit(6, run('done')),
        delivered(7, 'n-1', 'mail: PROVIDER_LOCK at home, was HEALTHY. The rest.'),
        delivered(7, 'n-1', 'mail: PROVIDER_LOCK at home, was HEALTHY. The rest.'),
        { kind: 'ended', at: 8 * 60_000, how: 'crashed', error: null, by: DESK },
        {
          kind: 'happening',
          at: 540_000,
          over: true,
          happening: { at: 60_000, kind: 'lock', box: '1001', families: ['v4'] },
        },
        { kind: 'calm', at: 600_000 },
        commit(11, decision('HEALTHY')),
      ]),
      [
        '0m mail: HEALTHY at home (rule 1)',
        '1m home of mail is locked in ipv4',
        '2m mail: PROVIDER_LOCK at home (rule 1)',
        '3m mail: nothing is done: zone-unread',
        '5m mail: failover to away begins',
        '5m mail: fence done: home is off',
        '5m mail: fence FAILED: provider-timeout',
        '5.5m DNS of mail: A 203.0.113.2, no AAAA; epoch 1, active away',
        '6m mail: failover to away is done',
        '7m irc hears: mail: PROVIDER_LOCK at home (5 min late) · again mail: PROVIDER_LOCK at home',
        '8m run crashed',
        '9m over: home of mail is locked in ipv4',
      ],
    );
  });

  it('tells why it is WARNED, in short, and again only when the reason is another', () => {
    const warned = (minute: number, ...warnings: readonly string[]) => {
      const plain = decision('WARNED');
      assert.ok(plain.kind === 'decision');
      const { observation } = plain.decision;
      return commit(minute, decision('WARNED', { observation: { ...observation, warnings } }));
    };
    const long = `home: the hoster's API cannot be asked: ${'so many words '.repeat(20)}`;
    const lines = [
      ...account([
        warned(0, 'home: the certificate ends in 13 days'),
        warned(1, 'home: the certificate ends in 12 days'),
        warned(2, 'home: smtp over v4 is down (not required)'),
        warned(3, 'home: smtp over v6 is down (not required)'),
        warned(4, long),
        warned(5, 'standby away: v4 is down', 'b', 'c', 'd'),
      ]),
    ];
    const cut = lines.splice(3, 1)[0] ?? '';
    assert.deepEqual(lines, [
      '0m mail: WARNED at home (rule 1): the certificate ends in 13 days',
      '2m mail: WARNED at home (rule 1): smtp over v4 is down (not required)',
      '3m mail: WARNED at home (rule 1): smtp over v6 is down (not required)',
      '5m mail: WARNED at home (rule 1): standby away: v4 is down; b; and 2 more',
    ]);
    assert.match(cut, /^4m mail: WARNED at home \(rule 1\): the hoster's API .* (so|many|words) …$/);
    assert.ok(cut.length < 200, cut);
  });
});
