/** Mistakes in planning and at the gate. The two are independent, so most need a hole in each. */
import type { Variant } from '../variant.ts';

const STEPS = 'src/plan/steps.ts';
const TARGET = 'src/plan/target.ts';
const ORDER = 'src/plan/gate/order.ts';
const ROWS = 'src/plan/gate/rows.ts';
const GATE_TARGET = 'src/plan/gate/target.ts';

export const PLAN: readonly Variant[] = [
  {
    name: 'no-fence-for-the-dead',
    breaks: [1, 2],
    sentence: 'a site that answers nothing is taken for dead and left unfenced',
    patches: [
      { file: STEPS, find: 'if (fence !== null) steps.push(fence);', replace: '' },
      { file: ORDER, find: 'return found(harmless, harmless ?', replace: 'return found(true, harmless ?' },
    ],
  },
  {
    name: 'promote-before-fence',
    breaks: [1, 2],
    sentence: 'the standby is promoted while the old site is being fenced, to be back sooner',
    patches: [
      {
        file: STEPS,
        find: `  if (fence !== null) steps.push(fence);
  return claimed(input, [...steps, ...arrivalSteps(input)]);`,
        replace: `  const arrival = arrivalSteps(input);
  if (fence === null) return claimed(input, [...steps, ...arrival]);
  const promoted = arrival.findIndex(step => step.kind === 'promote') + 1;
  return claimed(input, [...steps, ...arrival.slice(0, promoted), fence, ...arrival.slice(promoted)]);`,
      },
      {
        file: ORDER,
        find: "const first = Math.min(...promotes, ...positions(context, 'flip'));",
        replace: "const first = Math.min(...positions(context, 'flip'));",
      },
    ],
  },
  {
    name: 'half-a-lock-is-a-fence',
    breaks: [1, 2],
    sentence: 'a lock of one family counts as a fence, though the site serves on in the other',
    patches: [
      {
        file: STEPS,
        find: `  const locked = own.every(family =>`,
        replace: `  const locked = own.some(family =>`,
      },
      {
        file: 'src/execute/steps/fence.ts',
        find: 'step.families.length > 0 && step.families.every(family => blocked[family] === true);',
        replace: 'step.families.length > 0 && step.families.some(family => blocked[family] === true);',
      },
    ],
  },
  {
    name: 'returned-primary-let-back-in',
    breaks: [11],
    sentence: 'a site that was failed over from is a target again as soon as its probes pass',
    patches: [
      { file: TARGET, find: 'if (out !== undefined) return no(', replace: 'if (false) return no(' },
      {
        file: ROWS,
        find: 'const out = moves(plan.kind) && inventory.state.quarantined.some(entry => entry.site === plan.to);',
        replace: 'const out = false;',
      },
    ],
  },
  {
    name: 'freshness-of-another-time',
    breaks: [8],
    sentence: 'the age of the standby’s data is taken as it was measured, not as it has grown since',
    patches: [
      {
        file: 'src/reconcile/agenda.ts',
        find: '.filter(site => due(newestOf(history.freshness, site.name), everyMs))',
        replace: '.filter(site => due(newestOf(history.freshness, site.name), pace.providerMs))',
      },
      {
        file: TARGET,
        find: 'const lagMs = freshness.lagMs + sinceMs;',
        replace: 'const lagMs = freshness.lagMs;',
      },
      {
        file: GATE_TARGET,
        find: 'const lag = reading.lagMs + Math.max(0, now - reading.at);',
        replace: 'const lag = reading.lagMs;',
      },
    ],
  },
  {
    name: 'standby-seen-before-the-trouble',
    breaks: [8],
    sentence: 'a standby that was well at some time of this morning is promoted: nobody looks again',
    patches: [
      {
        file: 'src/reconcile/agenda.ts',
        find: 'return newest < troubledAt || due(newest, standbyMs);',
        replace: 'return due(newest, pace.standbyMs);',
      },
      {
        file: TARGET,
        find: 'return family.probes.some(probe => probe.required && (probe.lastAt === null || probe.lastAt < oldest));',
        replace: 'return family.probes.some(probe => probe.required && probe.lastAt === null);',
      },
      { file: GATE_TARGET, find: 'if (probe.lastAt < began)', replace: 'if (false)' },
      { file: GATE_TARGET, find: 'if (now - probe.lastAt > most)', replace: 'if (false)' },
    ],
  },
  {
    name: 'failing-standby-promoted',
    breaks: [8],
    sentence: 'a standby that was looked at just now is a target, whatever came of the look',
    patches: [
      {
        file: TARGET,
        find: "seen.family === family && seen.state === 'ok' && seen.blocked !== true && seen.observer !== 'offline',",
        replace: "seen.family === family && seen.state !== 'no-data' && seen.blocked !== true,",
      },
      {
        file: GATE_TARGET,
        find: "if (probe.state !== 'ok' || probe.lastAt === null)",
        replace: "if (probe.state === 'no-data' || probe.lastAt === null)",
      },
    ],
  },
  {
    name: 'window-from-the-start',
    breaks: [6],
    sentence:
      'the block window is counted from the start of the last run, so a long one is followed by the next at once',
    patches: [
      {
        file: ROWS,
        find: 'const since = now - lastFlip.endedAt;',
        replace: 'const since = now - lastFlip.startedAt;',
      },
    ],
  },
  {
    name: 'one-ack-for-ever',
    breaks: [6],
    sentence: 'an ack of some run lifts the block windows of all later ones',
    patches: [{ file: ROWS, find: 'if (ackedRun === lastFlip.id)', replace: 'if (ackedRun !== null)' }],
  },
  {
    name: 'no-block-window',
    breaks: [6],
    sentence: 'the block window is shown and not kept',
    patches: [
      {
        file: ROWS,
        find: 'return found(since >= window, `${lastFlip.id} ended',
        replace: 'return found(true, `${lastFlip.id} ended',
      },
    ],
  },
  {
    name: 'hold-that-never-ends-is-none',
    breaks: [7],
    sentence: 'a hold without an end compares as run out',
    patches: [
      {
        file: 'src/model/hold.ts',
        find: 'return hold !== null && (hold.until === null || hold.until > now) ? hold : null;',
        replace: 'return hold !== null && (hold.until ?? 0) > now ? hold : null;',
      },
    ],
  },
  {
    name: 'apex-taken-along',
    breaks: [3],
    sentence:
      'the name of the zone itself is pointed to the target as well, because the web server lives there too',
    patches: [
      {
        file: 'src/plan/records.ts',
        find: 'for (const name of dns.records) {',
        replace: 'for (const name of [...dns.records, dns.zoneName]) {',
      },
      {
        file: 'src/plan/gate/records.ts',
        find: '    strange.length === 0,\n',
        replace: '    true,\n',
      },
      {
        file: 'src/plan/gate/records.ts',
        find: 'found(count <= most, String(count)',
        replace: 'found(true, String(count)',
      },
    ],
  },
  {
    name: 'tampered-plan-runs',
    breaks: [3],
    sentence:
      'the hash of an approved plan is shown and not compared, nor are its names with those that the service owns',
    patches: [
      { file: ROWS, find: 'found(planHash(plan) === plan.hash,', replace: 'found(true,' },
      {
        file: 'src/plan/gate/records.ts',
        find: "    strange.length === 0,\n    strange.length === 0 ? 'owned'",
        replace: "    true,\n    strange.length === 0 ? 'owned'",
      },
      { file: ROWS, find: 'found(basis === plan.basis,', replace: 'found(true,' },
      {
        file: 'src/plan/gate/records.ts',
        find: 'found(count <= most, String(count)',
        replace: 'found(true, String(count)',
      },
      {
        file: 'src/plan/gate/records.ts',
        find: 'return found(wrong.length === 0, wrong.length === 0 ? wanted',
        replace: 'return found(true, wrong.length === 0 ? wanted',
      },
    ],
  },
  {
    name: 'rollback-taken-for-news',
    breaks: [4],
    sentence:
      'a lower epoch than one that was seen is adopted like any other, so a control plane that went back is written to',
    patches: [
      {
        file: 'src/reconcile/adopt.ts',
        find: '  if (epoch < state.maxEpoch) return adoption;\n',
        replace: '',
      },
      {
        file: 'src/execute/consequences.ts',
        find: 'maxEpoch: Math.max(state.maxEpoch, nextEpoch.epoch),',
        replace: 'maxEpoch: nextEpoch.epoch,',
      },
    ],
  },
];
