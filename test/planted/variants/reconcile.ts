/** Mistakes around a cycle: what is adopted from DNS, who may run, what is told, and what a person's word changes. */
import type { Variant } from '../variant.ts';

const ADOPT = 'src/reconcile/adopt.ts';
const CYCLE = 'src/reconcile/cycle.ts';
const RECORD = 'src/reconcile/record.ts';
const CARRY_OUT = 'src/reconcile/carry-out.ts';

/** The guard behind two others: a lower epoch counts whenever it was asked for. */
const NO_EPOCH_KNOWN = {
  file: 'src/reconcile/watch.ts',
  find: 'const zones = this.#rest.zones.filter(zone => !this.#isOutrun(zone));',
  replace: 'const zones = this.#rest.zones;',
};

export const RECONCILE: readonly Variant[] = [
  {
    name: 'zone-of-before-the-flip-adopted',
    breaks: [4, 9, 11],
    sentence:
      'a reading of the zone that was begun before our own flip is adopted after it, and the old site is active again',
    patches: [
      {
        file: ADOPT,
        find: 'return zone.at < (lastTurn.endedAt ?? Number.POSITIVE_INFINITY);',
        replace: 'return false;',
      },
      { file: CYCLE, find: 'if (carried !== null) watch.forgetZone();', replace: '' },
      NO_EPOCH_KNOWN,
      { file: ADOPT, find: '  if (epoch < state.maxEpoch) return adoption;\n', replace: '' },
    ],
  },
  {
    name: 'move-of-another-runner-shrugged-off',
    breaks: [11],
    sentence:
      'a site that another installation failed over from is not kept out here: that run is not in our store',
    patches: [
      {
        file: ADOPT,
        find: 'const left = known ? leftBehind(state, view.epoch) : null;',
        replace: 'const left = null;',
      },
    ],
  },
  {
    name: 'failed-run-hides-the-window',
    breaks: [6],
    sentence: 'only the very last run is looked at for the block window: one that failed since opens the way',
    patches: [
      {
        file: 'src/reconcile/look-back.ts',
        find: 'lastFlip: runs.find(run => run.flipped) ?? null,',
        replace: 'lastFlip: null,',
      },
    ],
  },
  {
    name: 'two-runs-at-once',
    breaks: [6, 9],
    sentence: 'an interrupted run counts as ended, so that the next cycle makes a new one beside it',
    patches: [
      {
        file: 'src/store/common.ts',
        find: "return run.status === 'running' || run.status === 'interrupted';",
        replace: "return run.status === 'running';",
      },
    ],
  },
  {
    name: 'lease-of-another-used',
    breaks: [6, 9],
    sentence:
      'a process that finds the lease of a run taken goes on with it: it is the same state, after all',
    patches: [
      {
        file: CARRY_OUT,
        find: "if ('heldBy' in taken) return standing(`${taken.heldBy.owner} is running a plan of ${task.service.name}`);\n  const lease = taken.held;",
        replace: "const lease = 'heldBy' in taken ? taken.heldBy : taken.held;",
      },
    ],
  },
  {
    name: 'open-run-made-anew-after-the-lease',
    breaks: [6, 9],
    sentence:
      'what was decided on before the lease was had is done, whatever another process has begun meanwhile',
    patches: [
      { file: CARRY_OUT, find: 'if (open?.id !== task.open?.id)', replace: 'if (false)' },
      {
        file: CARRY_OUT,
        find: 'const run = open ?? (await begin(world, task, lease));',
        replace: 'const run = task.open ?? (await begin(world, task, lease));',
      },
    ],
  },
  {
    name: 'hold-hides-the-world',
    breaks: [7],
    sentence: 'under a hold nothing is written down: nobody will act on it anyway',
    patches: [
      {
        file: CYCLE,
        find: '  const evidence = watch.takeUnsaved();\n',
        replace:
          '  if (holdInForce(assessment.before.hold, now) !== null) return recording;\n  const evidence = watch.takeUnsaved();\n',
      },
    ],
  },
  {
    name: 'hold-lifted-by-the-first-look',
    breaks: [7],
    sentence: 'the sweep of holds that have run out takes those without an end along',
    patches: [
      {
        file: RECORD,
        find: 'if (hold?.until != null && hold.until <= now) {',
        replace: 'if (hold !== null && (hold.until ?? 0) <= now) {',
      },
    ],
  },
  {
    name: 'problem-told-every-time',
    breaks: [10],
    sentence: 'the reason for not acting is told in every cycle in which it stands',
    patches: [
      {
        file: RECORD,
        find: 'if (standing === null || QUIET.has(standing.code) || told.includes(standing.code)) return null;',
        replace: 'if (standing === null || QUIET.has(standing.code)) return null;',
      },
    ],
  },
  {
    name: 'problem-told-when-it-changes',
    breaks: [10],
    sentence: 'a reason is told whenever it differs from the last one: two that alternate ring all night',
    patches: [
      {
        file: RECORD,
        find: 'const told = opened?.told ?? (turned ? [] : (previous?.told ?? []));',
        replace: 'const told = previous?.standing ? [previous.standing.code] : [];',
      },
    ],
  },
  {
    name: 'approved-is-approved',
    breaks: [2, 3, 4, 7, 8, 11],
    sentence: 'a plan that a person approves is run without asking the gate again: the person has looked',
    patches: [
      {
        file: 'src/reconcile/assess.ts',
        find: 'return { ...base, plan: proposal.plan, standing: standingOf(results), gate: results };',
        replace:
          'return { ...base, plan: proposal.plan, standing: order.approved === null ? standingOf(results) : null, gate: results };',
      },
    ],
  },
  {
    name: 'own-late-flip-shrugged-off',
    breaks: [11],
    sentence:
      'a flip of ours that was given up and came into force after all leaves its old site free to come back',
    patches: [
      {
        file: ADOPT,
        find: "return lastRun.kind === 'failover' && !lastRun.flipped ? { site: active, run: lastRun.id } : null;",
        replace: 'return null;',
      },
    ],
  },
  {
    name: 'old-verdict-acted-on',
    breaks: [5, 8],
    sentence:
      'a process that slept between its verdict and the run fences a site that has been well for an hour',
    patches: [
      { file: CARRY_OUT, find: 'Math.abs(clock.now() - task.judgedAt) > JUDGED_MOST_MS', replace: 'false' },
    ],
  },
  {
    name: 'evidence-of-the-same-hour-before',
    breaks: [4, 10],
    sentence:
      'after the clock was set back, what was measured in those hours the first time passes for the newest',
    patches: [
      {
        file: 'src/reconcile/watch.ts',
        find: 'if (isSetBack(this.#knownAt, now)) {',
        replace: 'if (now < 0) {',
      },
      NO_EPOCH_KNOWN,
    ],
  },
];
