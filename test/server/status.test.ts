/** The status document and the lines made of it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ircLines } from '../../src/server/irc.ts';
import { type ServiceStatus, type StatusDocument, statusOf } from '../../src/server/status.ts';
import {
  decision,
  hold,
  incident,
  NOW,
  run,
  service,
  settings,
  state,
  verdict,
} from '../announce/samples.ts';

const HOUR = 3_600_000;

function only(document: StatusDocument): ServiceStatus {
  const [first, ...others] = document.services;
  assert.ok(first);
  assert.equal(others.length, 0);
  return first;
}

describe('statusOf', () => {
  it('shows the real state beside the hold', () => {
    assert.deepEqual(statusOf(settings, [state], [decision], NOW), {
      version: 1,
      at: NOW,
      mode: 'act',
      stale: false,
      services: [
        {
          name: 'web',
          active: 'fsn1',
          epoch: 6,
          published: ['v4', 'v6'],
          verdict: 'PROVIDER_LOCK',
          rule: 30,
          sentence: 'The hoster has locked an essential address.',
          since: NOW - 90_000,
          families: [{ family: 'v4', state: 'down', published: true, blocked: true }],
          hold: { owner: 'mia', reason: 'moving the database', since: NOW - 600_000, until: NOW + HOUR },
          incident: { id: 'i-9', site: 'fsn1', class: 'PROVIDER_LOCK', openedAt: NOW - 90_000 },
          run: {
            id: 'r-2',
            kind: 'failover',
            to: 'hel1',
            status: 'running',
            automatic: true,
            flipped: false,
            startedAt: NOW,
            endedAt: null,
            note: null,
          },
          standing: { code: 'refused-by-gate', detail: 'a hold is in force' },
          quarantined: [],
          stale: false,
          staleNote: null,
          ages: { decisionMs: 30_000, sampleMs: 31_000, hostMs: 42_000 },
        },
      ],
    });
  });

  it('shows no hold that has run out, and no incident that is closed', () => {
    const later = { ...state, hold: { ...hold, until: NOW }, incident: { ...incident, closedAt: NOW } };
    const status = only(statusOf(settings, [later], [decision], NOW));
    assert.deepEqual([status.hold, status.incident, status.since], [null, null, null]);
    assert.equal(
      only(statusOf(settings, [{ ...state, hold: { ...hold, until: null } }], [], NOW)).hold?.until,
      null,
    );
  });

  it('says that it has never looked', () => {
    const status = only(statusOf(settings, [], [null], NOW));
    assert.deepEqual(
      [status.verdict, status.active, status.stale, status.ages.decisionMs],
      [null, null, true, null],
    );
    assert.match(status.staleNote ?? '', /never been looked at/);
  });

  it('calls a record stale that nobody renews, and keeps showing what it says', () => {
    const idle = { ...state, lastRun: null };
    const at = (ms: number) => statusOf(settings, [idle], [decision], decision.at + ms);
    assert.equal(at(180_000).stale, false);
    const old = at(3 * HOUR);
    assert.equal(old.stale, true);
    assert.equal(only(old).verdict, 'PROVIDER_LOCK');
    assert.equal(only(old).staleNote, 'the last look was 3 h ago: is cron or `understudy run` still going?');
    const slow = { ...service, pace: { ...service.pace, intervalMs: 600_000 } };
    assert.equal(
      statusOf({ ...settings, services: [slow] }, [idle], [decision], decision.at + 1_700_000).stale,
      false,
    );
  });

  it('does not call it stale while a run is under way, but does when that cannot be', () => {
    const total = Object.values(service.limitsMs).reduce((sum, ms) => sum + ms, 0);
    assert.equal(statusOf(settings, [state], [decision], run.startedAt + total).stale, false);
    assert.equal(statusOf(settings, [state], [decision], run.startedAt + total + 1).stale, true);
  });

  it('notices a clock that was set back, and shows no negative age', () => {
    const status = only(statusOf(settings, [state], [decision], NOW - HOUR));
    assert.match(status.staleNote ?? '', /clock set back/);
    assert.deepEqual(status.ages, { decisionMs: 0, sampleMs: 0, hostMs: 0 });
  });

  it("never shows a run's token, and no text that is not plain", () => {
    const odd = 'a\r\nb\u202E';
    const document = statusOf(
      settings,
      [{ ...state, hold: { ...hold, owner: odd, reason: odd }, lastRun: { ...run, note: odd } }],
      [{ ...decision, verdict: { ...verdict, sentence: odd }, standing: { code: 'run-open', detail: odd } }],
      NOW,
    );
    const text = JSON.stringify(document);
    assert.doesNotMatch(text, /very-own-token/);
    assert.doesNotMatch(text, /\\r|\\n|\u202E/);
  });
});

describe('ircLines', () => {
  const lines = (states = [state], decisions = [decision], now = NOW) =>
    ircLines(statusOf(settings, states, decisions, now));

  it('say in one line what is wrong, since when, what is done about it and what holds it', () => {
    assert.deepEqual(lines(), [
      'web: PROVIDER_LOCK at fsn1 for 1 min 30 s; failover to hel1 under way; held by mia until 2026-11-23 03:35:10Z (moving the database); not acting (refused-by-gate): a hold is in force; incident i-9',
    ]);
  });

  it('say first of all when the record is stale', () => {
    assert.match(lines(undefined, undefined, NOW + 5 * HOUR)[0] ?? '', /^STALE, the last look was 5 h ago/);
  });

  it('name the plan that waits', () => {
    const waiting = {
      ...decision,
      standing: { code: 'awaiting-approval' as const, detail: 'x', plan: 'p-1' },
    };
    assert.match(lines([state], [waiting])[0] ?? '', /plan p-1 waits for approval/);
  });

  it('count many services and name those that are not well', () => {
    const names = ['a', 'b', 'c', 'd'];
    const many = { ...settings, services: names.map(name => ({ ...service, name })) };
    const well = { ...decision, verdict: { ...verdict, class: 'HEALTHY' as const } };
    const states = names.map(name => ({
      ...state,
      service: name,
      hold: name === 'd' ? hold : null,
      incident: null,
      lastRun: null,
    }));
    const decided = (ill: string[]) =>
      names.map(name => ({ ...(ill.includes(name) ? decision : well), service: name }));
    const of = (ill: string[]) => ircLines(statusOf(many, states, decided(ill), NOW));
    assert.deepEqual(of([]), ['understudy: 4 of 4 services are well', 'held: d by mia']);
    assert.deepEqual(of(['a', 'b']), [
      'understudy: 2 of 4 services are well',
      'a PROVIDER_LOCK, b PROVIDER_LOCK',
      'held: d by mia',
    ]);
    assert.match(of(['a'])[1] ?? '', /^a: PROVIDER_LOCK at fsn1/);
  });

  it('are one to three lines of at most 400 bytes, with nothing in them that is not shown', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 8 }),
        fc.string({ unit: 'binary', maxLength: 500 }),
        (names, text) => {
          const many = { ...settings, services: names.map(name => ({ ...service, name })) };
          const states = names.map(name => ({
            ...state,
            service: name,
            hold: { ...hold, owner: text, reason: text },
          }));
          const result = ircLines(statusOf(many, states, [], NOW));
          assert.ok(result.length >= 1 && result.length <= 3);
          for (const line of result) {
            assert.ok(Buffer.byteLength(line) <= 400);
            assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^[#@%/ ]/u);
          }
        },
      ),
    );
  });
});
