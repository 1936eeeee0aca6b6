/** Mistakes in carrying out a plan: fences believed, holds overslept, runs resumed as if no time had passed. */
import type { Variant } from '../variant.ts';

const FENCE = 'src/execute/steps/fence.ts';
const FLIP = 'src/execute/steps/flip.ts';
const SWAP = 'src/execute/steps/swap.ts';
const EXECUTOR = 'src/execute/executor.ts';
const GUARDS = 'src/execute/guards.ts';

/** Else the look before the promotion would find out what the fence has missed. */
export const NO_SECOND_LOOK = {
  file: FENCE,
  find: "if (step.method === 'wait') return true;",
  replace: "if (step.method !== 'provider-lock') return true;",
} as const;

export const EXECUTE: readonly Variant[] = [
  {
    name: 'flip-reads-again-and-swaps',
    breaks: [3, 4],
    sentence:
      'the flip swaps against the epoch as it reads it just before, so that a plan of yesterday passes',
    patches: [
      {
        file: EXECUTOR,
        find: "    ...(guarded ? (['epoch'] as const) : []),\n",
        replace: '',
      },
      {
        file: FLIP,
        find: 'if (epoch?.owner === run.token && epoch.epoch === change.nextEpoch.epoch - 1)\n    return { ...change, expectEpoch: epochSet };',
        replace: `if (epoch !== null)
    return { ...change, expectEpoch: epochSet, nextEpoch: { ...change.nextEpoch, epoch: epoch.epoch + 1 } };`,
      },
    ],
  },
  {
    name: 'claim-taken-from-whoever-holds-it',
    breaks: [1, 4, 6],
    sentence:
      'the claim swaps against the epoch as it reads it just before, so that a plan made on an older one passes',
    patches: [
      {
        file: 'src/execute/steps/claim.ts',
        find: "await swap(step.change, step.limitMs, 'the claim', context);",
        replace: `const dns = await context.outside.dns(context.service.dns.provider);
    const view = await dns.read(context.service.dns.zone, step.change.epochName, [], context.signal);
    await swap({ ...step.change, expectEpoch: view.epochSet }, step.limitMs, 'the claim', context);`,
      },
    ],
  },
  {
    name: 'claim-of-another-is-as-good',
    breaks: [1, 4, 6, 9],
    sentence: 'before a step it is enough that somebody holds the epoch',
    patches: [
      {
        file: 'src/execute/guards.ts',
        find: 'if (claimed ? mine && view.epoch?.claim !== undefined : mine || epoch === plan.baseEpoch) return;',
        replace: 'if (claimed ? view.epoch !== null : mine || epoch === plan.baseEpoch) return;',
      },
    ],
  },
  {
    name: 'claim-taken-for-the-flip',
    breaks: [8, 9, 11],
    sentence: 'a run that is resumed takes its own claim in the zone for its flip',
    patches: [
      {
        file: SWAP,
        find: 'found.owner === ours.owner && found.epoch === ours.epoch && found.active === ours.active',
        replace: 'found.owner === ours.owner',
      },
    ],
  },
  {
    name: 'superseder-does-not-wait',
    breaks: [1],
    sentence:
      'who takes the epoch from another installation’s run acts at once, while its last deed may be at work',
    patches: [
      {
        file: 'src/execute/steps/claim.ts',
        find: '    if (step.settleMs > 0) {',
        replace: '    if (step.settleMs < 0) {',
      },
      {
        file: EXECUTOR,
        find: "if (before.some(other => other.kind === 'claim' && other.settleMs > 0))",
        replace: "if (before.some(other => other.kind === 'claim' && other.settleMs < 0))",
      },
    ],
  },
  {
    name: 'cut-wait-taken-for-waited',
    breaks: [1],
    sentence:
      'a claim that was cut short in its wait for the last deed of another installation is taken for one that has waited',
    patches: [
      {
        file: 'src/execute/steps/claim.ts',
        find: 'if (step.settleMs > 0) return null;',
        replace: '',
      },
    ],
  },
  {
    name: 'no-look-at-the-epoch-before-a-step',
    breaks: [1, 4, 6],
    sentence:
      'only the flip asks for the epoch: a runner that slept fences and promotes after somebody else moved the service',
    patches: [
      {
        file: GUARDS,
        find: "    if (what.includes('epoch')) await assertEpochCurrent(execution, context.signal);\n",
        replace: '',
      },
    ],
  },
  {
    name: 'hold-seen-by-the-gate-only',
    breaks: [7],
    sentence: 'a run that is under way does not look for a hold between its steps',
    patches: [
      {
        file: EXECUTOR,
        find: 'if (!journal.flipped) await assertNotHeld(execution);\n    if (journal.resumed',
        replace: 'if (journal.resumed',
      },
      {
        file: GUARDS,
        find: '    await assertNotHeld(execution);\n    await assertOurs',
        replace: '    await assertOurs',
      },
    ],
  },
  {
    name: 'flip-retried-through-a-hold',
    breaks: [1, 7],
    sentence: 'the flip is tried again and again without asking whether a person has put a hold on meanwhile',
    patches: [
      {
        file: SWAP,
        find: 'await context.recheck(...asks).catch(',
        replace: 'await Promise.resolve().catch(',
      },
    ],
  },
  {
    name: 'power-off-repeated-blindly',
    breaks: [4, 7],
    sentence: 'a power-off that was not done is asked for again without asking whether it is still wanted',
    patches: [
      {
        file: 'src/execute/steps/fence.ts',
        find: "const mayAct = () => context.recheck('epoch');",
        replace: 'const mayAct = async () => {};',
      },
    ],
  },
  {
    name: 'fence-not-asked-for-in-doubt',
    breaks: [1],
    sentence: 'a flip that may be in force is tried again whatever has become of the fence',
    patches: [
      {
        file: SWAP,
        find: 'context.recheck(...asks).catch(',
        replace: 'context.recheck(...(doubt ? [] : asks)).catch(',
      },
    ],
  },
  {
    name: 'parts-promoted-through-a-hold',
    breaks: [1, 2, 4, 7],
    sentence: 'the second part of a promotion is run without asking again for a hold or another epoch',
    patches: [
      {
        file: 'src/execute/steps/promote.ts',
        find: "if (index > 0 || part.check !== null) await context.recheck('epoch', 'fence');",
        replace: '',
      },
    ],
  },
  {
    name: 'fence-command-believed',
    breaks: [1, 2],
    sentence: 'a fence agent that ends with status 0 counts as a fence, its check is not asked',
    patches: [
      NO_SECOND_LOOK,
      {
        file: FENCE,
        find: 'const receipt = await SETTLED[step.method](step, context);',
        replace: `const receipt: Receipt | null =
      step.method === 'command'
        ? { confirmedBy: 'exit-status', summary: \`\${step.site} is fenced\` }
        : await SETTLED[step.method](step, context);`,
      },
    ],
  },
  {
    name: 'promote-beside-the-fence',
    breaks: [1, 2],
    sentence: 'a fence that cannot be confirmed is noted and the run goes on: better two sites than none',
    patches: [
      NO_SECOND_LOOK,
      {
        file: FENCE,
        find: `    throw unconfirmed(
      step,
      context,
      step.method === 'provider-lock'`,
        replace: `    if (step.method !== 'wait') return { confirmedBy: 'best-effort', summary: 'unconfirmed' };
    throw unconfirmed(
      step,
      context,
      step.method === 'provider-lock'`,
      },
      {
        file: FENCE,
        find: '    await ACT[step.method](step, context);',
        replace:
          "    await ACT[step.method](step, context).catch(thrown => {\n      if (step.method === 'wait') throw thrown;\n    });",
      },
    ],
  },
  {
    name: 'old-answers-relied-on',
    breaks: [1, 2, 4, 5, 6, 7],
    sentence: 'what a process was told before it slept counts as the answer of the moment',
    patches: [
      {
        file: GUARDS,
        find: 'if (age() <= freshMs(context, what) && disk() <= DISK_MS) return;',
        replace: 'return;',
      },
      { file: EXECUTOR, find: 'age() > freshMs(context, asks)', replace: 'age() > 1e9' },
    ],
  },
  {
    name: 'slept-through-the-wait',
    breaks: [1, 2],
    sentence: 'time in which nobody looked at the old site counts as waited',
    patches: [{ file: FENCE, find: 'if (gap() > GAP_MS) ', replace: 'if (gap() > 1e9) ' }],
  },
  {
    name: 'blind-look-before-the-fence',
    breaks: [5],
    sentence: 'that nothing answers while our own network is down is taken for a site that is still unwell',
    patches: [
      { file: FENCE, find: 'unwell.some(({ sees }) => sees === true)', replace: 'unwell.length > 0' },
    ],
  },
  {
    name: 'no-look-before-the-fence',
    breaks: [5],
    sentence: 'a run that comes late to its fence does not look whether the site is well again',
    patches: [{ file: FENCE, find: 'await assertStillUnwell(step, context);', replace: '' }],
  },
  {
    name: 'wait-counts-where-we-are-blind',
    breaks: [1, 2],
    sentence: 'a wait fences a site in a family in which our own network is down',
    patches: [
      { file: FENCE, find: 'looks.find(({ sees }) => sees !== true)', replace: 'looks.find(() => false)' },
      {
        file: 'src/plan/gate/order.ts',
        find: "probed.filter(({ observer }) => observer !== 'online')",
        replace: 'probed.filter(() => false)',
      },
    ],
  },
  {
    name: 'wait-cut-short-counts',
    breaks: [2],
    sentence: 'an interrupted wait is taken for a finished one when the run is taken up again',
    patches: [
      {
        file: FENCE,
        find: '    wait: async () => null,',
        replace: "    wait: async () => ({ confirmedBy: 'clock', summary: 'waited before the restart' }),",
      },
    ],
  },
  {
    name: 'old-fence-believed-on-resume',
    breaks: [1, 2],
    sentence:
      'a run that is taken up after a crash trusts the receipt of its fence, whatever the night has done since',
    patches: [
      NO_SECOND_LOOK,
      {
        file: EXECUTOR,
        find: "return step.kind === 'fence' || step.kind === 'check';",
        replace: "return step.kind === 'check';",
      },
    ],
  },
  {
    name: 'landed-flip-not-recognised',
    breaks: [9],
    sentence:
      'a flip that landed just before a crash is not asked for; the run is given up under a changed world',
    patches: [
      {
        file: EXECUTOR,
        find: 'if (!journal.resumed || journal.flipped) return;',
        replace: 'return;',
      },
      {
        file: EXECUTOR,
        find: 'if (journal.resumed && (known !== null || journal.begun(index))) {',
        replace: "if (journal.resumed && step.kind !== 'flip' && (known !== null || journal.begun(index))) {",
      },
    ],
  },
  {
    name: 'doubtful-flip-given-up',
    breaks: [9],
    sentence:
      'a flip whose reply was lost ends the run as failed instead of leaving it open to be asked again',
    patches: [
      {
        file: EXECUTOR,
        find: "return journal.reached('flip') && !journal.flipped && error.applied === 'unknown';",
        replace: 'return false;',
      },
    ],
  },
  {
    name: 'journal-as-best-effort',
    breaks: [2, 6, 8, 9, 11],
    sentence:
      'a journal that cannot be written does not stop the run: what matters is that the service moves',
    patches: [
      {
        file: 'src/execute/journal.ts',
        find: 'await store.commit(changes, { lease, now: clock.now(), extendMs: limitMs + MARGIN_MS });',
        replace:
          'await store.commit(changes, { lease, now: clock.now(), extendMs: limitMs + MARGIN_MS }).catch(() => {});',
      },
    ],
  },
  {
    name: 'old-site-not-quarantined',
    breaks: [11],
    sentence:
      'a failover leaves no note that its old site stays out, so the way back is open as soon as it answers',
    patches: [
      {
        file: 'src/execute/consequences.ts',
        find: "...(plan.kind === 'failover' && plan.from !== plan.to",
        replace: "...(plan.kind === 'failover' && plan.from === plan.to",
      },
    ],
  },
  {
    name: 'failed-check-forgiven',
    breaks: [8],
    sentence: 'DNS is pointed to the standby when its check has run out of time: the probes may be wrong',
    patches: [
      {
        file: 'src/execute/steps/check.ts',
        find: 'if (failing.length === 0) {',
        replace: 'if (failing.length === 0 || context.signal.aborted) {',
      },
    ],
  },
  {
    name: 'promotion-believed',
    breaks: [1, 8, 9],
    sentence: 'a promote command that ends with status 0 counts as a promotion, its check is not asked',
    patches: [
      {
        file: 'src/execute/steps/promote.ts',
        find: '      await awaitCheck(step, context, part);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'fence-not-asked-for-again',
    breaks: [1, 2],
    sentence:
      'what was read back minutes ago is a fence for good: nobody asks again before the promotion or the flip',
    patches: [
      {
        file: GUARDS,
        find: "    if (what.includes('fence')) await assertFenceStands(context);\n",
        replace: '',
      },
    ],
  },
  {
    name: 'lock-believed-when-nobody-answers',
    breaks: [1],
    sentence: 'a lock of the hoster that cannot be asked for any more counts as still in force',
    patches: [{ file: FENCE, find: "if (step.method === 'provider-lock') throw thrown;", replace: '' }],
  },
  {
    name: 'fence-not-asked-for-before-the-flip',
    breaks: [1],
    sentence: 'the old site may come free between the promotion and the flip, and nobody looks',
    patches: [
      {
        file: EXECUTOR,
        find: "...(kind === 'promote' || kind === 'flip' ?",
        replace: "...(kind === 'promote' ?",
      },
    ],
  },
  {
    name: 'unmarked-run-resumed',
    breaks: [5],
    sentence:
      'a run that crashed before it had done anything is resumed hours later without looking at the site again',
    patches: [
      // The last look before the fence would see it, too.
      {
        file: 'src/execute/steps/fence.ts',
        find: '    await assertStillUnwell(step, context);\n',
        replace: '',
      },
      {
        file: EXECUTOR,
        find: 'const late = tooLate(execution, journal, step);',
        replace: 'const late = null;',
      },
      {
        file: EXECUTOR,
        find: 'if (journal.marked || !MARKING.has(step.kind)) return null;',
        replace: 'if (journal.resumed) return null;',
      },
    ],
  },
  {
    name: 'verify-believes',
    breaks: [9],
    sentence: 'the flip is proved by the reply of the API that made it; no name server is asked',
    patches: [
      {
        file: 'src/execute/steps/verify.ts',
        find: 'const missing = await missingProof(dns, step, context);',
        replace: 'const missing = null as Awaited<ReturnType<typeof missingProof>>;',
      },
    ],
  },
];
