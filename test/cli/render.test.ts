/** The prints of status, why, history and rules: whole, at a fixed instant, held by golden files. */
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { chapterData, historyText, runData, runText, stepsOf } from '../../src/cli/render/history.ts';
import { nextSteps, type Situation } from '../../src/cli/render/next-steps.ts';
import { rulesText } from '../../src/cli/render/rules.ts';
import { type StatusReport, statusData, statusText } from '../../src/cli/render/status.ts';
import { clean, field, wrap } from '../../src/cli/render/text.ts';
import { whyText } from '../../src/cli/render/why.ts';
import { loadSettings } from '../../src/config/load.ts';
import { explain } from '../../src/judge/judge.ts';
import { FACT_VALUES } from '../../src/model/observation.ts';
import { STANDING_CODES } from '../../src/model/plan.ts';
import type { Settings } from '../../src/model/service.ts';
import type { Change, Run } from '../../src/model/state.ts';
import { GATE_ROWS } from '../../src/plan/gate/rows.ts';
import { StoreError } from '../../src/ports/errors.ts';
import { statusOf } from '../../src/server/status.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { canaryEnv } from '../secrets.ts';
import { assertGolden, assertNoSecrets, configText } from './desk.ts';
import {
  INCIDENT,
  JOURNAL,
  MINUTE,
  NOW,
  night,
  PLAN,
  RUN,
  refusedDecision,
  TOKEN,
  WELL,
  wellDecision,
} from './scene.ts';

async function settingsOf(): Promise<Settings> {
  const { settings } = await loadSettings({
    file: '/etc/understudy/understudy.yaml',
    env: canaryEnv,
    readFile: async () => ({ bytes: Buffer.from(configText()), mode: 0o600 }),
  });
  return settings;
}

/** The night as a report, the service irc never looked at. */
async function nightReport(since: readonly Change[] = [], now = NOW): Promise<StatusReport> {
  const settings = await settingsOf();
  const store = createMemoryStore();
  await store.commit([...night(), ...since]);
  const states = await Promise.all(settings.services.map(({ name }) => store.service(name)));
  const decisions = await Promise.all(settings.services.map(({ name }) => store.decision(name)));
  const [item] = await store.outbox('relay', 1);
  assert.ok(item);
  return {
    settings,
    now,
    state: {
      document: statusOf(settings, states, decisions, now),
      states,
      proposed: await store.proposed('web'),
      backlog: [
        {
          sink: 'relay',
          waiting: 3,
          oldestAt: item.notice.at,
          attempts: 2,
          dueAt: NOW,
          lastError: 'sink-refused: 502 from the relay',
        },
      ],
    },
    dns: [
      {
        service: 'web',
        epochName: '_understudy-web.example.org',
        name: 'www.example.org',
        problem: null,
        servers: [
          {
            server: '192.0.2.53:53',
            epoch: { epoch: 5, active: 'away', owner: TOKEN },
            addresses: ['198.51.100.7'],
            site: 'away',
            problem: null,
          },
          {
            server: '192.0.2.54:53',
            epoch: { epoch: 4, active: 'home', owner: 'r-0' },
            addresses: ['203.0.113.10', '2001:db8::10'],
            site: 'home',
            problem: null,
          },
          {
            server: '[2001:db8::53]:53',
            epoch: null,
            addresses: [],
            site: null,
            problem: 'gave no answer in time',
          },
        ],
      },
    ],
  };
}

describe('cli: prints held by golden files', () => {
  it('status of a bad night', async () => assertGolden('status.txt', statusText(await nightReport(), false)));

  it('status of a run that was left open: whether somebody is at it is told by what was heard lately', async () => {
    const run: Run = { ...RUN, status: 'running', endedAt: null, note: null };
    const at = (ms: number) => nightReport([{ kind: 'run', run }], NOW + ms);
    const lines = (report: StatusReport) => statusText(report, false).replace(/\s+/g, ' ');
    assert.match(lines(await at(0)), /last run r-1, failover to away, automatic: running, since 2026-11-23/);
    assert.match(
      lines(await at(60 * MINUTE)),
      /automatic: OPEN, begun 2026-11-23 .*, and nobody has been heard of lately: understudy tick goes on with it/,
    );
  });

  it('status while the state cannot be used', async () => {
    const report = await nightReport();
    const error = new StoreError({
      code: 'store-corrupt',
      message: 'the state file /var/lib/understudy/state.db failed: it is damaged or not a state file',
      next: 'set it aside: mv /var/lib/understudy/state.db /var/lib/understudy/state.db.damaged',
    });
    assertGolden('status-no-state.txt', statusText({ ...report, state: { error } }, false));
  });

  it('why nothing was done', async () => {
    const settings = await settingsOf();
    const [service] = settings.services;
    assert.ok(service);
    const store = createMemoryStore();
    await store.commit(night());
    const decision = refusedDecision(NOW - 12_000);
    const state = await store.service('web');
    const next = nextSteps({ service, decision, state, mode: 'act', now: NOW });
    assertGolden(
      'why.txt',
      whyText({ service, decision, state, rules: explain(decision.facts), next, now: NOW }, false),
    );
  });

  it('the history of the night', () => {
    const chapters = [
      ...night().flatMap(change =>
        change.kind === 'audit' ? [{ kind: 'audit' as const, at: change.entry.at, entry: change.entry }] : [],
      ),
      { kind: 'incident' as const, at: INCIDENT.openedAt, incident: INCIDENT },
      { kind: 'run' as const, at: RUN.startedAt, record: { run: RUN, plan: PLAN, journal: JOURNAL } },
    ];
    assertGolden('history.txt', historyText(chapters, NOW, false));
  });

  it('one run to its last line', () =>
    assertGolden('history-run.txt', runText({ run: RUN, plan: PLAN, journal: JOURNAL }, NOW, false)));

  it('the tables', () => assertGolden('rules.txt', rulesText(false)));
});

describe('cli: what prints keep to themselves', () => {
  it('shows no secret, no token of a run and no control character', async () => {
    const report = await nightReport();
    const record = { run: RUN, plan: PLAN, journal: JOURNAL };
    const texts = [
      statusText(report, false),
      runText(record, NOW, false),
      historyText([{ kind: 'run', at: 1, record }], NOW, false),
    ];
    for (const text of texts) {
      assertNoSecrets(text);
      assert.doesNotMatch(text, new RegExp(TOKEN));
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    }
    const data = [runData(record), chapterData({ kind: 'run', at: 1, record })];
    assert.doesNotMatch(JSON.stringify(data), new RegExp(TOKEN));
    assertNoSecrets(JSON.stringify(statusData(report)));
  });

  it('colours only where it is asked to', async () => {
    const report = await nightReport();
    const coloured = statusText(report, true);
    assert.notEqual(coloured, statusText(report, false));
    assert.equal(
      stripVTControlCharacters(coloured),
      statusText(report, false),
      'colours change nothing but the colour',
    );
  });
});

describe('cli: text', () => {
  it('breaks at 80 columns and never inside a word', () => {
    const path = `/${'x'.repeat(100)}`;
    assert.equal(wrap(`see ${path} now`, '  a ', '    '), `  a see\n    ${path}\n    now`);
    for (const line of field('label', 'word '.repeat(60).trim()).split('\n')) assert.ok(line.length <= 80);
  });

  it('cleans what others wrote, and keeps the start of a path', () => {
    assert.equal(clean('/usr/bin/x\u001b[31m\r\n# y'), '/usr/bin/x # y');
    assert.equal(clean('  #4711 '), '#4711');
  });
});

describe('cli: steps of a journal', () => {
  it('takes the last word of a step that was tried twice, and leaves one open that has no outcome', () => {
    assert.deepEqual(
      stepsOf(JOURNAL).map(({ kind, outcome, confirmedBy }) => [kind, outcome, confirmedBy]),
      [
        ['fence', 'done', 'read-back'],
        ['promote', 'done', 'exit-status'],
        ['flip', 'open', null],
      ],
    );
    const failed = stepsOf(JOURNAL.slice(0, 5)).at(-1);
    assert.equal(failed?.outcome, 'failed');
    assert.match(failed?.summary ?? '', /exit status 1 \(command-failed\)/);
  });
});

describe('cli: what to type next', () => {
  async function situation(change: Partial<Situation['decision']>, at = NOW): Promise<readonly string[]> {
    const [service] = (await settingsOf()).services;
    assert.ok(service);
    const state = await createMemoryStore().service('web');
    const decision = { ...wellDecision(at), ...change };
    return nextSteps({ service, decision, state, mode: 'act', now: NOW });
  }

  it('is nothing when all is well', async () => assert.deepEqual(await situation({}), []));

  it('is to look again when the decision is old', async () =>
    assert.match((await situation({}, NOW - 60 * MINUTE))[0] ?? '', /^understudy tick/));

  it('is said for every reason but those that need nobody', async () => {
    for (const code of STANDING_CODES) {
      const steps = await situation({ standing: { code, detail: 'x', plan: 'p-9' } });
      const calm = ['nothing-to-do', 'no-other-family'].includes(code);
      assert.equal(steps.length > 0, !calm, code);
    }
  });

  it('names the approval with its plan, and the lift of each row that a person can lift', async () => {
    const waits = await situation({ standing: { code: 'awaiting-approval', detail: 'x', plan: 'p-9' } });
    assert.match(waits.join('\n'), /understudy approve p-9/);
    const steps = (await situation(refusedDecision(NOW))).join('\n');
    assert.match(steps, /understudy resume web/);
    assert.match(steps, /understudy ack web/);
    const known = new Set(GATE_ROWS.map(row => row.code));
    for (const code of ['mode', 'hold', 'block-window', 'expired', 'quarantine', 'target-data', 'observer'])
      assert.ok(known.has(code), `${code} is advised on and is no row of the gate`);
  });

  it('says whose claim is waited for, and for how long', async () => {
    const [service] = (await settingsOf()).services;
    assert.ok(service);
    const fresh = await createMemoryStore().service('web');
    const decision = { ...wellDecision(NOW), standing: { code: 'claimed' as const, detail: 'x' } };
    const rival = { owner: 'r-other', since: NOW - 15_000, busyMs: 495_000, stepMs: 315_000, until: null };
    const said = (state: typeof fresh) =>
      nextSteps({ service, decision, state, mode: 'act', now: NOW }).at(-1) ?? '';
    assert.equal(
      said({ ...fresh, rival }),
      'look at the other installation, whose run r-other has claimed the service; it is left to it for 8 min more',
    );
    assert.match(
      said({ ...fresh, rival: { ...rival, since: NOW - 495_000 } }),
      /^understudy tick .*free again/,
    );
  });

  it('is to order it again at a standby that was tried and failed, once it is mended', async () => {
    const [service] = (await settingsOf()).services;
    assert.ok(service);
    const state = { ...(await createMemoryStore().service('web')), tried: ['away'] };
    const standing = { code: 'no-viable-target' as const, detail: 'x' };
    const decision = { ...wellDecision(NOW), standing };
    assert.deepEqual(nextSteps({ service, decision, state, mode: 'act', now: NOW }).slice(1, 2), [
      'understudy failover web --to away --reason "…"   (tries away again, once you have mended it)',
    ]);
  });

  it('leads out of a rollback', async () => {
    const facts = { ...WELL, control: FACT_VALUES.control[1] };
    const verdict = { ...wellDecision(NOW).verdict, class: 'ROLLED_BACK' as const };
    assert.match((await situation({ facts, verdict })).join('\n'), /ack web --accept-epoch/);
  });
});
