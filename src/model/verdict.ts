/**
 * The named classes of an observation, what each calls for, and how far the program may go by itself.
 * Closed unions: the compiler refuses a class without a policy or a response.
 */

export const VERDICT_CLASSES = [
  'ROLLED_BACK',
  'OBSERVER_OFFLINE',
  'PROVIDER_LOCK',
  'UNREACHABLE',
  'SUSPECT',
  'PARTIAL_FAMILY',
  'UNKNOWN',
  'DEGRADED',
  'FAMILY_RETURNED',
  'WARNED',
  'HEALTHY',
] as const;
export type VerdictClass = (typeof VERDICT_CLASSES)[number];

/** observe: record and tell · propose: draft a plan, a human approves · act: carry it out. */
export const POLICIES = ['observe', 'propose', 'act'] as const;
export type Policy = (typeof POLICIES)[number];

/** What a class calls for, whoever decides on it. `none` can only be observed. */
export type Response = 'none' | 'failover' | 'withdraw' | 'restore';

/** Every class has one response … */
export const RESPONSES = {
  ROLLED_BACK: 'none',
  OBSERVER_OFFLINE: 'none',
  PROVIDER_LOCK: 'failover',
  UNREACHABLE: 'failover',
  SUSPECT: 'none',
  PARTIAL_FAMILY: 'withdraw',
  UNKNOWN: 'none',
  DEGRADED: 'failover',
  FAMILY_RETURNED: 'restore',
  WARNED: 'none',
  HEALTHY: 'none',
} as const satisfies Record<VerdictClass, Response>;

/** … and one policy, unless the config says otherwise. */
export const DEFAULT_POLICY: Readonly<Record<VerdictClass, Policy>> = {
  ROLLED_BACK: 'observe',
  OBSERVER_OFFLINE: 'observe',
  PROVIDER_LOCK: 'act',
  UNREACHABLE: 'act',
  SUSPECT: 'observe',
  PARTIAL_FAMILY: 'act',
  UNKNOWN: 'observe',
  DEGRADED: 'observe',
  FAMILY_RETURNED: 'act',
  WARNED: 'observe',
  HEALTHY: 'observe',
};

/** On the air, and nothing to wait for: an incident is over, and the usual pace will do. */
export function isWell({ class: of }: Pick<Verdict, 'class'>): boolean {
  return of === 'HEALTHY' || of === 'WARNED';
}

export interface Verdict {
  readonly service: string;
  /** The active site that was judged. */
  readonly site: string;
  readonly class: VerdictClass;
  /** Number of the rule that matched. */
  readonly rule: number;
  /** The rule's sentence. */
  readonly sentence: string;
  readonly at: number;
}
