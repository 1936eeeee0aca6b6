/**
 * The twelve invariants of the design, each as a bystander would check it: from what really happened and what each
 * process was told, never with a predicate of the program's own, which might share its mistake.
 */
import type { Checker } from '../events.ts';
import type { Cast } from '../script.ts';
import { createBlindObserver } from './blind-observer.ts';
import { createConverges } from './converges.ts';
import { createFencedFirst } from './fenced-first.ts';
import { createGatedChange } from './gated-change.ts';
import { createGoneBack } from './gone-back.ts';
import { createHold } from './hold.ts';
import { createHoldKept } from './hold-kept.ts';
import { createHoldVisible } from './hold-visible.ts';
import { createKnownState } from './known-state.ts';
import { createOldEpoch } from './old-epoch.ts';
import { createOneRun } from './one-run.ts';
import { createOneWriter } from './one-writer.ts';
import { createOverrides } from './overrides.ts';
import { Past } from './past.ts';
import { createProvenTarget } from './proven-target.ts';
import { createSecrets } from './secrets.ts';
import { createStaysOut } from './stays-out.ts';
import { createToldOnce } from './told-once.ts';
import { createTrueEpoch } from './true-epoch.ts';
import { createViableTarget } from './viable-target.ts';
import { createWaited } from './waited.ts';
import { createWellSite } from './well-site.ts';

const CREATORS: readonly ((past: Past) => Checker)[] = [
  createOneWriter,
  createWaited,
  createFencedFirst,
  createGatedChange,
  createOldEpoch,
  createGoneBack,
  createBlindObserver,
  createWellSite,
  createOneRun,
  createHold,
  createHoldKept,
  createHoldVisible,
  createViableTarget,
  createProvenTarget,
  createOverrides,
  createKnownState,
  createConverges,
  createToldOnce,
  createTrueEpoch,
  createStaysOut,
  createSecrets,
];

/** @returns checkers with no past, for one simulation; every one must see every event, in order */
export function createCheckers(cast: Cast): readonly Checker[] {
  const past = new Past(cast);
  return CREATORS.map(create => {
    const checker = create(past);
    return {
      ...checker,
      see: (event, truth) => {
        past.take(event, truth);
        return checker.see(event, truth);
      },
    };
  });
}
