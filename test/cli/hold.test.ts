/** hold, resume, ack and clear: typed at a desk with a real state file; what is stored, told, audited and answered. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { EXIT } from '../../src/cli/exit-codes.ts';
import type { AuditEntry, Change, Notice, ServiceState } from '../../src/model/state.ts';
import { startRoute53 } from '../../src/sandbox/route53/emulator.ts';
import { canaries } from '../secrets.ts';
import { type Desk, type DeskOptions, makeDesk } from './desk.ts';
import { MINUTE, night, PLAN, RUN } from './scene.ts';

interface Kept {
  readonly web: ServiceState;
  readonly irc: ServiceState;
  readonly audit: readonly AuditEntry[];
  readonly notices: readonly Notice[];
}

/** What is in the state file now; nothing is made up, so a command that wrote nothing shows. */
function kept(desk: Desk): Promise<Kept> {
  return desk.with(async store => ({
    web: await store.service('web'),
    irc: await store.service('irc'),
    audit: await store.audit({ limit: 10 }),
    notices: await store.notices({ limit: 10 }),
  }));
}

/** A run that ended so long ago, ms. */
function endedRun(agoMs: number): readonly Change[] {
  const now = Date.now();
  return [
    { kind: 'plan', plan: PLAN, status: 'started' },
    { kind: 'run', run: { ...RUN, startedAt: now - agoMs - MINUTE, endedAt: now - agoMs, status: 'done' } },
  ];
}

describe('cli: hold', () => {
  it('holds one service for a while: state, notice and audit together, and says what is in force', async () => {
    const desk = makeDesk();
    const before = Date.now();
    const { code, out } = await desk.type('hold', 'web', '--for', '2h', '--reason', 'moving the rack');
    assert.equal(code, EXIT.ok);
    const { web, irc, audit, notices } = await kept(desk);
    assert.equal(web.hold?.owner, 'ada');
    assert.equal(web.hold?.reason, 'moving the rack');
    assert.equal((web.hold?.until ?? 0) - (web.hold?.since ?? 0), 7_200_000);
    assert.ok((web.hold?.since ?? 0) >= before);
    assert.equal(irc.hold, null);
    assert.deepEqual(
      audit.map(({ operator, action, service, reason }) => ({ operator, action, service, reason })),
      [{ operator: 'ada', action: 'hold', service: 'web', reason: 'moving the rack' }],
    );
    assert.equal(notices.length, 1);
    assert.match(notices[0]?.text ?? '', /held by ada until .*moving the rack/);
    assert.match(out, /web: held\n/);
    assert.match(out, /ada until \d{4}-\d\d-\d\d .*\(in 2 h\)/);
    assert.match(out, /never looked at/, 'the real state stands beside it');
    assert.match(out, /act: without a hold it does what the policy of the service says/);
  });

  it('leaves the notice to the next runner, which has the secrets that sign it', async () => {
    const desk = makeDesk();
    await desk.type('hold', 'web', '--reason', 'x y');
    const [item] = await desk.with(store => store.outbox('relay', 5));
    assert.equal(item?.attempts, 0);
  });

  it('needs no secrets: the brake must work in any shell', async () => {
    const desk = makeDesk({ env: {} });
    assert.equal((await desk.type('hold', 'web', '--reason', 'x y')).code, EXIT.ok);
    assert.equal((await desk.type('resume', 'web')).code, EXIT.ok);
  });

  it('holds all services until resumed, and replaces a hold that was there, saying whose', async () => {
    const desk = makeDesk();
    await desk.seed({
      kind: 'hold',
      hold: { service: 'irc', owner: 'bob', reason: 'kernel', since: Date.now() - MINUTE, until: null },
    });
    const { code, out } = await desk.type(
      'hold',
      '--all',
      '--owner',
      'night crew',
      '--reason',
      'network works',
    );
    assert.equal(code, EXIT.ok);
    const { web, irc, audit } = await kept(desk);
    for (const { hold } of [web, irc]) {
      assert.equal(hold?.owner, 'night crew');
      assert.equal(hold?.until, null);
    }
    assert.equal(audit.length, 2);
    for (const entry of audit) assert.equal(entry.operator, 'ada', 'the audit names who typed it');
    assert.match(out, /replaces +bob until resumed, since .*: kernel/);
  });

  it('says what becomes of a run that is under way', async () => {
    const desk = makeDesk();
    const run = { ...RUN, status: 'running' as const, endedAt: null, flipped: false, startedAt: Date.now() };
    await desk.seed({ kind: 'plan', plan: PLAN, status: 'started' }, { kind: 'run', run });
    const { out } = await desk.type('hold', 'web', '--reason', 'stop it');
    assert.match(out, /r-1, failover to away, is under way: it stops before its next\s+step/);
    await desk.seed({ kind: 'run', run: { ...run, flipped: true } });
    const after = await desk.type('hold', 'web', '--reason', 'stop it');
    assert.match(after.out, /DNS was changed already/);
  });

  it('answers in JSON', async () => {
    const desk = makeDesk();
    await desk.type('hold', 'web', '--reason', 'one');
    const { out } = await desk.type(
      'hold',
      'web',
      '--until',
      '2099-01-01T00:00Z',
      '--reason',
      'two',
      '--json',
    );
    assert.equal(out, '', 'a year and more is refused');
    const good = await desk.type('hold', 'web', '--for', '90m', '--reason', 'two', '--json');
    const [entry] = JSON.parse(good.out).services;
    assert.equal(entry.service, 'web');
    assert.equal(entry.hold.reason, 'two');
    assert.equal(entry.replaced.reason, 'one');
    assert.equal(entry.openRun, null);
    assert.equal(entry.verdict, null);
  });

  const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no reason', ['web'], /--reason is needed/],
    ['a reason of nothing', ['web', '--reason', ' \u0007 '], /--reason is needed/],
    ['a reason that is a novel', ['web', '--reason', 'x'.repeat(301)], /301 characters/],
    ['an owner of nothing', ['web', '--reason', 'x', '--owner', ''], /--owner is needed/],
    ['no service among several', ['--reason', 'x'], /name one of the services: web, irc/],
    ['an unknown service', ['wbe', '--reason', 'x'], /no service "wbe"; there are: web, irc/],
    ['a service and --all', ['web', '--all', '--reason', 'x'], /not both/],
    [
      '--for and --until',
      ['web', '--for', '1h', '--until', '2099-01-01T00:00Z', '--reason', 'x'],
      /not both/,
    ],
    ['a duration without a unit', ['web', '--for', '2', '--reason', 'x'], /--for "2" has no unit/],
    ['a duration that is none', ['web', '--for', '-2h', '--reason', 'x'], /is not a duration; allowed/],
    ['a duration of nothing', ['web', '--for', '0s', '--reason', 'x'], /holds nothing/],
    ['a duration of years', ['web', '--for', '400d', '--reason', 'x'], /more than a year/],
    ['a time that has passed', ['web', '--until', '2020-01-01T00:00Z', '--reason', 'x'], /has passed/],
    ['a time without a zone', ['web', '--until', '2099-01-01T00:00', '--reason', 'x'], /with its zone/],
    ['a day that is none', ['web', '--until', '2027-02-31T00:00Z', '--reason', 'x'], /with its zone/],
    ['a word for a time', ['web', '--until', 'tomorrow', '--reason', 'x'], /with its zone/],
    ['a word too many', ['web', 'irc', '--reason', 'x'], /too many arguments/],
    ['an unknown option', ['web', '--reson', 'x'], /--reason/],
  ];
  for (const [what, words, message] of refusals) {
    it(`refuses ${what}: exit 2, and nothing is stored`, async () => {
      const desk = makeDesk();
      const { code, out, err } = await desk.type('hold', ...words);
      assert.equal(code, EXIT.usage);
      assert.match(err, message);
      assert.equal(out, '');
      const { web, irc, audit, notices } = await kept(desk);
      assert.deepEqual([web.hold, irc.hold, audit, notices], [null, null, [], []]);
    });
  }

  it('takes a time with an offset', async () => {
    const desk = makeDesk();
    const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    const { code } = await desk.type('hold', 'web', '--until', `${day} 07:00+01:00`, '--reason', 'x');
    assert.equal(code, EXIT.ok);
    assert.equal((await kept(desk)).web.hold?.until, Date.parse(`${day}T06:00:00Z`));
  });
});

describe('cli: resume', () => {
  it('lifts the hold, tells and audits it', async () => {
    const desk = makeDesk();
    await desk.type('hold', 'web', '--reason', 'moving the rack');
    const { code, out } = await desk.type('resume', 'web', '--reason', 'rack is there');
    assert.equal(code, EXIT.ok);
    assert.match(out, /web: resumed\n/);
    assert.match(out, /was +ada until resumed/);
    const { web, audit, notices } = await kept(desk);
    assert.equal(web.hold, null);
    assert.equal(audit[0]?.action, 'resume');
    assert.equal(audit[0]?.reason, 'rack is there');
    assert.match(audit[0]?.detail ?? '', /moving the rack/);
    assert.match(notices[0]?.text ?? '', /lifted by ada/);
  });

  it('ends well when there is no hold, and writes nothing', async () => {
    const desk = makeDesk();
    const { code, out } = await desk.type('resume', '--all');
    assert.equal(code, EXIT.ok);
    assert.match(out, /web: there was no hold/);
    const { audit, notices } = await kept(desk);
    assert.deepEqual([audit, notices], [[], []]);
  });

  it('says of a hold that has run out that it had, and tells nobody', async () => {
    const desk = makeDesk();
    const since = Date.now() - 2 * MINUTE;
    await desk.seed({
      kind: 'hold',
      hold: { service: 'web', owner: 'bob', reason: 'x', since, until: since + MINUTE },
    });
    const { out } = await desk.type('resume', 'web');
    assert.match(out, /web: the hold had run out already/);
    const { web, audit, notices } = await kept(desk);
    assert.deepEqual([web.hold, audit, notices], [null, [], []]);
  });
});

describe('cli: ack', () => {
  it('lifts the block window of the last run, with who and why', async () => {
    const desk = makeDesk();
    await desk.seed(...endedRun(10 * MINUTE));
    const { code, out } = await desk.type('ack', 'web', '--reason', 'seen the lock', '--operator', 'bob');
    assert.equal(code, EXIT.ok);
    assert.match(out, /block window is lifted: run r-1 ended .*\(10 min .*ago\)/);
    const { web, audit } = await kept(desk);
    assert.equal(web.ackedRun, 'r-1');
    assert.deepEqual(
      [audit[0]?.operator, audit[0]?.action, audit[0]?.reason],
      ['bob', 'ack', 'seen the lock'],
    );
    const again = await desk.type('ack', 'web', '--reason', 'seen', '--json');
    assert.deepEqual(JSON.parse(again.out), { service: 'web', lifted: null });
    assert.equal((await kept(desk)).audit.length, 1);
  });

  it('counts also for a run that ended in what is now the future, after the clock was set back', async () => {
    const desk = makeDesk();
    await desk.seed(...endedRun(-5 * MINUTE));
    await desk.type('ack', 'web', '--reason', 'the clock was wrong');
    const { web } = await kept(desk);
    assert.equal(web.ackedRun, web.lastRun?.id);
  });

  for (const [what, changes] of [
    ['no run was made', []],
    ['the window is over', endedRun(61 * MINUTE)],
    [
      'the last run changed nothing',
      endedRun(MINUTE).map(change =>
        change.kind === 'run' ? { ...change, run: { ...change.run, flipped: false } } : change,
      ),
    ],
  ] as const) {
    it(`has nothing to lift when ${what}: exit 0, and nothing is stored`, async () => {
      const desk = makeDesk();
      await desk.seed(...changes);
      const { code, out } = await desk.type('ack', 'web', '--reason', 'x');
      assert.equal(code, EXIT.ok);
      assert.match(out, /nothing to lift/);
      const { web, audit } = await kept(desk);
      assert.deepEqual([web.ackedRun, audit], [null, []]);
    });
  }

  it('refuses to go without a reason', async () => {
    const { code, err } = await makeDesk().type('ack', 'web');
    assert.equal(code, EXIT.usage);
    assert.match(err, /--reason is needed/);
  });
});

describe('cli: ack --accept-epoch', () => {
  const EPOCH = '_understudy-web.example.org';

  async function withZone(
    text: string | null,
    options: DeskOptions,
    use: (desk: Desk, emulator: Awaited<ReturnType<typeof startRoute53>>) => Promise<void>,
  ): Promise<void> {
    const records = text === null ? [] : [{ name: EPOCH, type: 'TXT', ttlS: 60, values: [`"${text}"`] }];
    const emulator = await startRoute53({
      zones: [{ id: 'Z0EXAMPLE', name: 'example.org', records }],
      accessKeyId: canaries.awsAccessKeyId,
      secretAccessKey: canaries.awsSecretAccessKey,
    });
    try {
      const desk = makeDesk({ endpoint: emulator.url, sinks: false, ...options });
      await desk.seed({ kind: 'service', service: 'web', patch: { active: 'away', epoch: 3, maxEpoch: 7 } });
      await use(desk, emulator);
    } finally {
      await emulator.close();
    }
  }

  const accept = ['ack', 'web', '--accept-epoch', '--reason', 'zone restored'] as const;

  it('accepts what the API shows after a person has said yes to both numbers', () =>
    withZone('v=1 epoch=3 active=home owner=r-0', { answer: true }, async desk => {
      const { code, out } = await desk.type(...accept);
      assert.equal(code, EXIT.ok);
      assert.match(
        desk.questions[0] ?? '',
        /DNS shows epoch 3, active home; the highest epoch ever seen is 7/,
      );
      assert.match(out, /epoch 3 is accepted/);
      const { web, audit } = await kept(desk);
      assert.deepEqual([web.epoch, web.maxEpoch], [3, 3]);
      assert.equal(audit[0]?.action, 'accept-epoch');
      assert.match(audit[0]?.detail ?? '', /epoch 3 \(active home\), seen before: 7/);
    }));

  it('accepts that there is no epoch at all', () =>
    withZone(null, {}, async desk => {
      const { code } = await desk.type(...accept, '--yes');
      assert.equal(code, EXIT.ok);
      assert.equal((await kept(desk)).web.maxEpoch, 0);
    }));

  for (const [what, answer, code] of [
    ['a person says no', false, EXIT.declined],
    ['there is nobody to ask', null, EXIT.declined],
  ] as const) {
    it(`changes nothing when ${what}`, () =>
      withZone('v=1 epoch=3 active=home owner=r-0', { answer }, async desk => {
        assert.equal((await desk.type(...accept)).code, code);
        const { web, audit } = await kept(desk);
        assert.deepEqual([web.maxEpoch, audit], [7, []]);
      }));
  }

  it('has nothing to accept when DNS shows the highest epoch', () =>
    withZone('v=1 epoch=7 active=away owner=r-6', {}, async desk => {
      const { code, out } = await desk.type(...accept);
      assert.equal(code, EXIT.ok);
      assert.match(out, /nothing to accept/);
      assert.equal((await kept(desk)).audit.length, 0);
    }));

  for (const [what, text, message] of [
    ['a record of somebody else', 'hello world', /not ours to understand/],
    ['a site that the config does not know', 'v=1 epoch=3 active=mars owner=r-0', /"mars" is active/],
  ] as const) {
    it(`refuses ${what}: exit 4`, () =>
      withZone(text, { answer: true }, async desk => {
        const { code, err } = await desk.type(...accept);
        assert.equal(code, EXIT.refused);
        assert.match(err, message);
        assert.equal((await kept(desk)).web.maxEpoch, 7);
      }));
  }

  it('refuses while a run is open, or one is at work', () =>
    withZone('v=1 epoch=3 active=home owner=r-0', { answer: true }, async desk => {
      const lease = await desk.with(store => store.acquire('run:web', 'other/-/1/1/-', 60_000, Date.now()));
      assert.ok('held' in lease);
      const busy = await desk.type(...accept);
      assert.equal(busy.code, EXIT.refused);
      assert.match(busy.err, /a run of web is under way \(other/);
      await desk.with(store => store.release(lease.held));
      const run = { ...RUN, status: 'interrupted' as const, endedAt: null };
      await desk.seed({ kind: 'plan', plan: PLAN, status: 'started' }, { kind: 'run', run });
      const open = await desk.type(...accept);
      assert.equal(open.code, EXIT.refused);
      assert.match(open.err, /run r-1 is still open/);
      assert.equal((await kept(desk)).web.maxEpoch, 7);
    }));

  it('refuses what was answered when DNS has changed under the question', async () => {
    let change = () => {};
    await withZone(
      'v=1 epoch=3 active=home owner=r-0',
      { answer: () => change() },
      async (desk, emulator) => {
        const values = ['"v=1 epoch=4 active=away owner=r-9"'];
        change = () => emulator.put('Z0EXAMPLE', { name: EPOCH, type: 'TXT', ttlS: 60, values });
        const { code, err } = await desk.type(...accept);
        assert.equal(code, EXIT.refused);
        assert.match(err, /DNS has changed since you were asked: it shows epoch 4, active away now/);
        assert.equal((await kept(desk)).web.maxEpoch, 7);
      },
    );
  });

  it('says so when the API is out of reach: nothing is changed, no secret is shown', async () => {
    const desk = makeDesk({ sinks: false });
    await desk.seed({ kind: 'service', service: 'web', patch: { epoch: 3, maxEpoch: 7 } });
    const { code, err } = await desk.type(...accept, '--yes', '--json');
    assert.equal(code, EXIT.failed);
    assert.equal(JSON.parse(err).error.code, 'provider-unreachable');
    assert.equal((await kept(desk)).web.maxEpoch, 7);
  });
});

describe('cli: clear', () => {
  it('takes the site out of quarantine after the question, tells and audits it', async () => {
    const desk = makeDesk({ answer: true });
    await desk.seed(...night());
    const { code, out } = await desk.type('clear', 'web', 'home', '--reason', 'container removed');
    assert.equal(code, EXIT.ok);
    assert.match(desk.questions[0] ?? '', /home is in quarantine since .*Is the cause contained/);
    assert.match(out, /home is out of quarantine/);
    const { web, audit, notices } = await kept(desk);
    assert.deepEqual(web.quarantined, []);
    assert.equal(audit[0]?.action, 'clear');
    assert.match(notices[0]?.text ?? '', /home taken out of quarantine by ada: container removed/);
    assert.equal(notices[0]?.incident, 'i-1');
    const again = await desk.type('clear', 'web', 'home', '--reason', 'x', '--json');
    assert.equal(again.code, EXIT.ok);
    assert.equal(JSON.parse(again.out).cleared, null);
  });

  for (const [what, answer] of [
    ['the person says no', false],
    ['there is nobody to ask and no --yes', null],
  ] as const) {
    it(`leaves it when ${what}: exit 9`, async () => {
      const desk = makeDesk({ answer });
      await desk.seed(...night());
      assert.equal((await desk.type('clear', 'web', 'home', '--reason', 'x')).code, EXIT.declined);
      assert.equal((await kept(desk)).web.quarantined.length, 1);
    });
  }

  it('leaves it while a run is at work, which may put a site out itself: exit 4', async () => {
    const desk = makeDesk();
    await desk.seed(...night());
    await desk.with(store => store.acquire('run:web', 'other/-/1/1/-', 60_000, Date.now()));
    const { code, err } = await desk.type('clear', 'web', 'home', '--reason', 'x', '--yes');
    assert.equal(code, EXIT.refused);
    assert.match(err, /nothing was changed/);
    assert.equal((await kept(desk)).web.quarantined.length, 1);
  });

  it('leaves it when a run has put it out again while the question stood', async () => {
    const quarantined = [{ site: 'home', since: 2, run: 'r-2' }];
    let change = async () => {};
    const desk = makeDesk({ answer: () => change() });
    await desk.seed(...night());
    change = () => desk.seed({ kind: 'service', service: 'web', patch: { quarantined } });
    const { code, err } = await desk.type('clear', 'web', 'home', '--reason', 'x');
    assert.equal(code, EXIT.refused);
    assert.match(err, /has changed since you were asked/);
    assert.deepEqual((await kept(desk)).web.quarantined, quarantined);
  });

  it('keeps what else is in quarantine, and clears a site that has left the config', async () => {
    const desk = makeDesk();
    const entry = { since: 1, run: 'r-1' };
    const quarantined = [
      { site: 'gone', ...entry },
      { site: 'away', ...entry },
    ];
    await desk.seed({ kind: 'service', service: 'web', patch: { quarantined } });
    const { code } = await desk.type('clear', 'web', 'gone', '--reason', 'sold', '--yes');
    assert.equal(code, EXIT.ok);
    assert.deepEqual((await kept(desk)).web.quarantined, [{ site: 'away', ...entry }]);
  });

  for (const [what, words, message] of [
    ['an unknown site', ['web', 'hmoe', '--reason', 'x'], /no site "hmoe" in web; there are: home, away/],
    ['an unknown service', ['wbe', 'home', '--reason', 'x'], /there are: web, irc/],
    ['no site', ['web', '--reason', 'x'], /missing required argument 'site'/],
    ['no reason', ['web', 'home'], /--reason is needed/],
  ] as const) {
    it(`refuses ${what}: exit 2`, async () => {
      const { code, err } = await makeDesk().type('clear', ...words);
      assert.equal(code, EXIT.usage);
      assert.match(err, message);
    });
  }
});

describe('cli: a state that cannot be used', () => {
  it('ends with 8 before anything is done, in words and in JSON', async () => {
    const desk = makeDesk();
    writeFileSync(desk.state, 'this is no database, but it is long enough to be one'.repeat(100));
    const { code, err } = await desk.type('hold', 'web', '--reason', 'x', '--json');
    assert.equal(code, EXIT.store);
    assert.equal(JSON.parse(err).error.code, 'store-corrupt');
  });

  it('is not made by a command that the config stops', async () => {
    const desk = makeDesk();
    const { code } = await desk.type('--config', `${desk.config}.missing`, 'hold', 'web', '--reason', 'x');
    assert.equal(code, EXIT.config);
    assert.equal(existsSync(desk.state), false);
  });
});
