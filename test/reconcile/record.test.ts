/** The decision as changes: incidents, what is told and what is not told again. */
import assert from 'node:assert/strict';
import { createTeller } from '../../src/announce/notices.ts';
import type { Standing } from '../../src/model/plan.ts';
import type { Change, Decision, Incident, ServiceState } from '../../src/model/state.ts';
import type { Verdict, VerdictClass } from '../../src/model/verdict.ts';
import { type Recording, type RecordInput, record } from '../../src/reconcile/record.ts';
import { countingIds } from '../lab/clock.ts';
import { inventoryOf, makeScene, makeState, NOW, planOf, verdictOf } from '../plan/scene.ts';

const scene = makeScene();
const inventory = inventoryOf(scene);
const drafted = planOf(scene);
const verdict = (of: VerdictClass, site = 'home'): Verdict => ({ ...verdictOf(scene), class: of, site });
const OPEN: Incident = {
  id: 'i-0',
  service: 'web',
  site: 'home',
  class: 'UNREACHABLE',
  openedAt: 1,
  closedAt: null,
  told: [],
};
const NO_TARGET: Standing = { code: 'no-viable-target', detail: 'away: down' };

interface Given {
  readonly of: VerdictClass;
  readonly site?: string;
  readonly before?: Partial<ServiceState>;
  readonly standing?: Standing | null;
  readonly previous?: Decision | null;
  readonly proposed?: RecordInput['proposed'];
  readonly adoption?: RecordInput['assessment']['adoption'];
}

function recorded(given: Given): Recording {
  const ids = countingIds();
  return record({
    assessment: {
      inventory,
      adoption: given.adoption ?? {},
      before: makeState({ lastVerdict: verdict('HEALTHY'), ...given.before }),
      openRun: null,
      verdict: verdict(given.of, given.site),
      plan: given.proposed === null || given.proposed === undefined ? null : drafted,
      standing: given.standing ?? null,
      gate: [],
    },
    previous: given.previous ?? null,
    proposed: given.proposed ?? null,
    waiting: [],
    tell: createTeller(ids, ['hook']),
    ids,
    now: NOW,
  });
}

const kinds = ({ changes }: Recording) => changes.map(change => change.kind);
const notices = ({ changes }: Recording) =>
  changes.flatMap((change: Change) => (change.kind === 'notice' ? [change.notice.kind] : []));

describe('record: incidents', () => {
  const trouble = [
    'UNREACHABLE',
    'PROVIDER_LOCK',
    'OBSERVER_OFFLINE',
    'PARTIAL_FAMILY',
    'DEGRADED',
    'UNKNOWN',
    'ROLLED_BACK',
  ] as const;
  const calm = ['HEALTHY', 'WARNED', 'SUSPECT', 'FAMILY_RETURNED'] as const;

  it('open with the first class that is trouble, and not with one that is none', () => {
    for (const of of trouble) {
      const { incident } = recorded({ of });
      assert.deepEqual(incident, { ...OPEN, id: 'i-1', class: of, openedAt: NOW }, of);
    }
    for (const of of calm) assert.equal(recorded({ of }).incident, null, of);
  });

  it('stay one through changing classes, and end with HEALTHY or WARNED', () => {
    const before = { incident: OPEN, lastVerdict: verdict('UNREACHABLE') };
    for (const of of [...trouble, 'SUSPECT', 'FAMILY_RETURNED'] as const) {
      assert.equal(recorded({ of, before }).incident, OPEN, of);
      assert.ok(!kinds(recorded({ of, before })).includes('incident'), of);
    }
    for (const of of ['HEALTHY', 'WARNED'] as const) {
      const ended = recorded({ of, before: { ...before, tried: ['away'] } });
      assert.deepEqual(ended.incident, { ...OPEN, closedAt: NOW });
      const patch = ended.changes.find(change => change.kind === 'service');
      assert.deepEqual(patch, { kind: 'service', service: 'web', patch: { tried: [] } });
    }
  });
});

describe('record: what is told', () => {
  it('a change of class, or of the site that is judged, with the incident', () => {
    const turned = recorded({ of: 'UNREACHABLE' });
    assert.deepEqual(kinds(turned), ['decision', 'incident', 'notice']);
    assert.deepEqual(notices(turned), ['verdict']);
    const notice = turned.changes.find(change => change.kind === 'notice');
    assert.ok(notice?.kind === 'notice');
    assert.equal(notice.notice.incident, 'i-1');
    assert.deepEqual(notice.sinks, ['hook']);
    assert.deepEqual(notices(recorded({ of: 'HEALTHY', site: 'away' })), ['verdict']);
  });

  it('nothing when nothing changed: that is no news', () => {
    const same = recorded({ of: 'HEALTHY' });
    assert.deepEqual(kinds(same), ['decision']);
    assert.equal(same.news, false);
    assert.equal(turned().news, true);
    function turned() {
      return recorded({ of: 'SUSPECT' });
    }
  });

  it('nothing of a service that is well at the first look; trouble at the first look is told', () => {
    const first = recorded({ of: 'HEALTHY', before: { lastVerdict: null } });
    assert.deepEqual(notices(first), []);
    assert.equal(first.news, true, 'but the next process must know');
    assert.deepEqual(notices(recorded({ of: 'DEGRADED', before: { lastVerdict: null } })), ['verdict']);
  });

  it('why nothing is done: once an incident for each reason, also across restarts', () => {
    const before = { incident: OPEN, lastVerdict: verdict('UNREACHABLE') };
    const first = recorded({ of: 'UNREACHABLE', before, standing: NO_TARGET });
    assert.deepEqual(notices(first), ['problem']);
    assert.deepEqual(first.incident?.told, ['no-viable-target']);
    const told = { ...before, incident: first.incident };
    assert.deepEqual(notices(recorded({ of: 'UNREACHABLE', before: told, standing: NO_TARGET })), []);
    const other: Standing = { code: 'zone-unread', detail: 'refused' };
    const second = recorded({ of: 'UNREACHABLE', before: told, standing: other });
    assert.deepEqual(notices(second), ['problem']);
    assert.deepEqual(second.incident?.told, ['no-viable-target', 'zone-unread']);
  });

  it('a reason that comes and goes without an incident once too (a returned family inside the block window)', () => {
    const REFUSED: Standing = { code: 'refused-by-gate', detail: 'rule 22' };
    const before = { lastVerdict: verdict('FAMILY_RETURNED') };
    const first = recorded({ of: 'FAMILY_RETURNED', before, standing: REFUSED });
    assert.deepEqual(notices(first), ['problem']);
    const looking = recorded({
      of: 'FAMILY_RETURNED',
      before,
      standing: { code: 'looking', detail: 'the zone has not been read just now' },
      previous: first.decision,
    });
    const again = { of: 'FAMILY_RETURNED', before, standing: REFUSED, previous: looking.decision } as const;
    assert.deepEqual(notices(recorded(again)), []);
    const well = recorded({ of: 'HEALTHY', before, previous: looking.decision });
    const later = recorded({
      ...again,
      before: { lastVerdict: verdict('HEALTHY') },
      previous: well.decision,
    });
    assert.deepEqual(notices(later), ['verdict', 'problem'], 'after another verdict it is news again');
  });

  it('not what belongs to the normal course', () => {
    for (const code of [
      'nothing-to-do',
      'looking',
      'active-moved',
      'policy-observe',
      'awaiting-approval',
      'run-open',
    ] as const)
      assert.ok(
        !notices(recorded({ of: 'UNREACHABLE', standing: { code, detail: 'x' } })).includes('problem'),
        code,
      );
  });
});

describe('record: the rest', () => {
  it('a plan that waits is stored and told once; the decision names the one that waits', () => {
    const stored = { plan: { ...drafted, id: 'p-first' }, status: 'proposed' } as const;
    const fresh = recorded({ of: 'UNREACHABLE', proposed: { stored, isNew: true } });
    assert.ok(kinds(fresh).includes('plan'));
    assert.ok(notices(fresh).includes('plan'));
    assert.equal(fresh.decision.standing?.plan, 'p-first');
    assert.equal(fresh.decision.standing?.code, 'awaiting-approval');
    const again = recorded({ of: 'UNREACHABLE', proposed: { stored, isNew: false } });
    assert.ok(!kinds(again).includes('plan') && !notices(again).includes('plan'));
    assert.equal(again.decision.plan, 'p-first', 'not a draft that nobody can look up');
  });

  it('what DNS said is written with the decision', () => {
    const { changes } = recorded({ of: 'HEALTHY', adoption: { active: 'away', epoch: 5 } });
    assert.deepEqual(changes[1], { kind: 'service', service: 'web', patch: { active: 'away', epoch: 5 } });
  });
});
