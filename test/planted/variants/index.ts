/** All planted faults, in the order of the rooms they are in. */
import type { Variant } from '../variant.ts';
import { ANNOUNCE } from './announce.ts';
import { EXECUTE } from './execute.ts';
import { JUDGE } from './judge.ts';
import { ORDERS } from './orders.ts';
import { PLAN } from './plan.ts';
import { PROVIDERS } from './providers.ts';
import { RECONCILE } from './reconcile.ts';
import { STORE } from './store.ts';

export const VARIANTS: readonly Variant[] = [
  ...JUDGE,
  ...PLAN,
  ...EXECUTE,
  ...RECONCILE,
  ...ANNOUNCE,
  ...STORE,
  ...PROVIDERS,
  ...ORDERS,
];
