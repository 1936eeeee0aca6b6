/** The wording, as people get to read it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  describeStep,
  holdCleared,
  holdExpired,
  holdSet,
  type Phrase,
  planProposed,
  problem,
  runEnded,
  runStarted,
  stepEnded,
  stepFailed,
  verdictChanged,
} from '../../src/announce/phrase.ts';
import { stepInWords } from '../../src/announce/steps.ts';
import { STEP_KINDS, type Step } from '../../src/model/plan.ts';
import type { RunStatus } from '../../src/model/state.ts';
import { UnderstudyError } from '../../src/ports/errors.ts';
import { hold, NOW, plan, run, steps, verdict } from './samples.ts';

function step<K extends Step['kind']>(kind: K): Extract<Step, { kind: K }> {
  const found = steps.find((each): each is Extract<Step, { kind: K }> => each.kind === kind);
  assert.ok(found);
  return found;
}

const lockedOut = new UnderstudyError({
  code: 'provider-timeout',
  message: 'no answer from the hoster',
  applied: 'unknown',
  next: 'understudy run again',
});

describe('phrases', () => {
  it('tell of a verdict: what, where, what it was, and by which rule', () => {
    const first = verdictChanged(null, verdict, null);
    assert.equal(
      first.text,
      'web: PROVIDER_LOCK at fsn1. The hoster has locked an essential address. (rule 30)',
    );
    const changed = verdictChanged({ ...verdict, class: 'HEALTHY', site: 'hel1' }, verdict, 'i-9');
    assert.equal(
      changed.text,
      'web: PROVIDER_LOCK at fsn1, was HEALTHY at hel1. The hoster has locked an essential address. (rule 30, incident i-9)',
    );
    assert.deepEqual(
      [changed.kind, changed.service, changed.data.class, changed.data.previous, changed.data.rule],
      ['verdict', 'web', 'PROVIDER_LOCK', 'HEALTHY', 30],
    );
  });

  it('tell what to type when a plan waits for a person', () => {
    assert.equal(
      planProposed(plan).text,
      'web: proposes a failover fsn1 -> hel1, because of PROVIDER_LOCK (rule 30). Nothing is done until `understudy approve p-1`, by 2026-11-23 02:50:10Z',
    );
  });

  it('tell who asked for a run, why, and which risks were taken', () => {
    assert.equal(
      runStarted(run, plan).text,
      'web: failover fsn1 -> hel1 begins, because of PROVIDER_LOCK (rule 30). Run r-2, 10 steps',
    );
    const ordered = runStarted(run, {
      ...plan,
      kind: 'withdraw',
      to: 'fsn1',
      origin: { by: 'operator', operator: 'mia', reason: 'practice' },
      overrides: ['skip-fence'],
    });
    assert.equal(
      ordered.text,
      'web: withdraw at fsn1 begins, asked for by mia: practice, overriding skip-fence. Run r-2, 10 steps',
    );
  });

  it('tell how a run ended, differently for each way', () => {
    const all: readonly RunStatus[] = [
      'running',
      'interrupted',
      'done',
      'unverified',
      'failed',
      'superseded',
      'abandoned',
    ];
    const texts = all.map(
      status => runEnded({ ...run, status, endedAt: NOW + 42_000, note: 'because.' }).text,
    );
    assert.equal(new Set(texts).size, all.length);
    assert.equal(
      texts[4],
      'web: failover to hel1 failed before any address was changed: the last answer stands. because. Run r-2, 42 s',
    );
  });

  it('tell of steps: done with how that is known, failed with what to do', () => {
    assert.equal(
      stepEnded(run, step('fence'), { confirmedBy: 'read-back', summary: 'the server is off' }).text,
      'web: fencing fsn1: done. the server is off. (read-back)',
    );
    const failed = stepFailed(run, step('flip'), lockedOut);
    assert.equal(
      failed.text,
      'web: pointing DNS to hel1: FAILED. no answer from the hoster. It may have been done all the same. (provider-timeout) Next: understudy run again',
    );
    assert.deepEqual(
      [failed.data.code, failed.data.step, failed.data.run],
      ['provider-timeout', 'flip', 'r-2'],
    );
  });

  it('tell the epoch that a plan leads to', () => {
    const { steps: all } = plan;
    assert.equal(runStarted(run, plan).data.epoch, 8);
    assert.equal(runStarted(run, { ...plan, steps: all.filter(each => each.kind !== 'flip') }).data.epoch, 6);
  });

  it('tell of holds', () => {
    assert.equal(
      holdSet(hold).text,
      'web: held by mia until 2026-11-23 03:35:10Z: moving the database. Nothing is switched meanwhile',
    );
    assert.match(holdSet({ ...hold, until: null }).text, /until `understudy resume`/);
    assert.equal(holdCleared(hold, 'tom', NOW).text, 'web: hold of mia lifted by tom after 10 min');
    assert.equal(
      holdExpired(hold, NOW).text,
      'web: hold of mia has run out after 10 min: switching is allowed again',
    );
  });

  it('tell of a problem with its code and the next thing to do', () => {
    assert.equal(
      problem('web', { code: 'store-full', message: 'the disk is full', next: null }, NOW).text,
      'web: problem: the disk is full. (store-full)',
    );
  });

  it('never carry the token of a run', () => {
    for (const phrase of [runStarted(run, plan), runEnded(run)])
      assert.doesNotMatch(JSON.stringify(phrase), /very-own-token/);
  });

  it('are one line of at most 400 bytes, whatever people and peers wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), text => {
        const error = { code: 'x', message: text, next: text };
        const phrases: readonly Phrase[] = [
          verdictChanged(null, { ...verdict, sentence: text, service: text }, text),
          planProposed({ ...plan, service: text, origin: { by: 'operator', operator: text, reason: text } }),
          runEnded({ ...run, service: text, note: text }),
          stepEnded(run, step('check'), { confirmedBy: 'probe', summary: text }),
          stepFailed(run, step('check'), error),
          holdSet({ ...hold, reason: text, owner: text }),
          problem(text, error, NOW),
        ];
        for (const phrase of phrases) {
          assert.ok(Buffer.byteLength(phrase.text) <= 400);
          assert.doesNotMatch(phrase.text, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^[#@%/ ]/u);
          assert.doesNotThrow(() => JSON.stringify(phrase.data));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('describeStep', () => {
  it('says exactly what each kind of step would do', () => {
    assert.deepEqual(
      STEP_KINDS.map(kind => describeStep(step(kind))),
      [
        'claim take the epoch for this run, so that no other moves the service meanwhile: set _understudy.example.org TXT to epoch 7, active fsn1, only if _understudy.example.org TXT is exactly "v=1 epoch=6 active=fsn1 owner=r-1" [limit 30 s]',
        "snapshot fsn1: take evidence before anything is stopped, as far as possible: `collect '--all it'` (at most 50 s) over ssh as deploy@192.0.2.20 port 22 [limit 1 min]",
        'quiesce fsn1: stop taking writes: `stop-writes` (at most 50 s) on this machine [limit 1 min]',
        'catch-up hel1: wait until it has everything: `wait-lag 0` (at most 50 s) over ssh as deploy@192.0.2.20 port 22 [limit 1 min]',
        'fence fsn1: power off server 4711 at hetzner, until "off" is read back [limit 1 min 30 s]',
        'promote hel1, over ssh as deploy@192.0.2.20 port 22: [db] run `promote-db` (at most 1 min), then check `is-primary` (at most 5 s); [web] run `systemctl start nginx` (at most 1 min), no post-check [limit 2 min]',
        'check hel1: its required probes over v4 and v6 must pass at its own address [limit 30 s]',
        "flip one DNS change, all or nothing, made only if _understudy.example.org TXT is still this run's claim; set it to epoch 8, active hel1; set www.example.org A = 192.0.2.20 (TTL 60 s); delete www.example.org AAAA = 2001:db8::1 (TTL 60 s) [limit 1 min]",
        'verify wait until the change is everywhere, ask every authoritative server for www.example.org A = 192.0.2.20 (TTL 60 s); no AAAA for www.example.org; then probe hel1 by name over v4 [limit 2 min]',
        'announce tell people [limit 10 s]',
      ],
    );
  });

  it('tells a claim that is the first, and one that supersedes another', () => {
    const { change, ...claim } = step('claim');
    assert.match(
      describeStep({ ...claim, change: { ...change, expectEpoch: null } }),
      /only if _understudy\.example\.org TXT does not exist \[/,
    );
    assert.match(
      describeStep({ ...claim, change, settleMs: 135_000 }),
      /owner=r-1"; then wait 2 min 15 s for the last deed of another installation's run to end \[/,
    );
  });

  it('tells the flip of a plan that claims nothing', () => {
    const { change, ...flip } = step('flip');
    const read = step('claim').change.expectEpoch;
    assert.match(
      describeStep({ ...flip, change: { ...change, expectEpoch: read } }),
      /made only if _understudy\.example\.org TXT is exactly "v=1 epoch=6 active=fsn1 owner=r-1"; set it to/,
    );
    assert.match(
      describeStep({ ...flip, change: { ...change, expectEpoch: null } }),
      /made only if _understudy\.example\.org TXT does not exist; set it to/,
    );
  });

  it('tells the fence methods apart', () => {
    const fence = step('fence');
    const described = (change: Partial<typeof fence>) => describeStep({ ...fence, ...change });
    assert.match(
      described({ method: 'provider-lock', families: ['v4', 'v6'] }),
      /lock of v4 and v6 .* once it is read again/,
    );
    assert.match(
      described({ method: 'wait', waitMs: 95_000 }),
      /wait 1 min 35 s, until the site must have given itself up/,
    );
    assert.match(
      described({
        method: 'command',
        run: { argv: ['fence', 'a b'], limitMs: 1_000 },
        check: { argv: ['is-off'], limitMs: 1_000 },
      }),
      /run `fence 'a b'` \(at most 1 s\) on this machine, confirmed by `is-off`/,
    );
  });

  it('names each kind in a few words too', () => {
    assert.equal(new Set(steps.map(stepInWords)).size, steps.length);
    assert.equal(stepInWords(step('claim')), 'taking the epoch of fsn1');
  });
});
