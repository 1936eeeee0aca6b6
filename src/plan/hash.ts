/** The plan's hash: what a person approves is what is run, to the last byte that matters. */
import { createHash } from 'node:crypto';
import type { Plan } from '../model/plan.ts';
import type { Service } from '../model/service.ts';

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** @returns SHA-256 in hex over everything but the id, the instants and the occasion: the same plan drafted again has the same hash */
export function planHash(plan: Omit<Plan, 'hash'> | Plan): string {
  const volatile = {
    id: undefined,
    hash: undefined,
    createdAt: undefined,
    expiresAt: undefined,
    because: undefined,
  };
  return createHash('sha256')
    .update(canonicalJson({ ...plan, ...volatile }))
    .digest('hex');
}

/** @returns SHA-256 in hex over what a plan takes from the config: where it would act, and what it would write */
export function basisOf({ sites, dns }: Pick<Service, 'sites' | 'dns'>): string {
  return createHash('sha256').update(canonicalJson({ sites, dns })).digest('hex');
}
