/**
 * The state store. All writes are lists of `Change`s applied in one transaction, durable when the promise
 * resolves. `now` is a parameter: a store knows no clock. Implementations: sqlite (default), memory; every one
 * passes test/conformance/store.ts.
 */
import type {
  AuditEntry,
  Change,
  Decision,
  Evidence,
  Incident,
  JournalEntry,
  Notice,
  OutboxItem,
  Run,
  ServiceState,
  StoredPlan,
} from '../model/state.ts';

export interface Lease {
  readonly name: string;
  readonly owner: string;
  /** Grows with every acquisition of this name. */
  readonly token: number;
  readonly until: number;
}

export interface Store {
  /**
   * Takes the lease if it is free, expired, or its owner is known to be dead.
   * @param isDead asked about the owner of an unexpired lease (e.g. "is that pid of this boot gone?")
   * @returns the lease, or the one that somebody else holds
   */
  acquire(
    name: string,
    owner: string,
    ttlMs: number,
    now: number,
    isDead?: (owner: string) => boolean,
  ): Promise<{ readonly held: Lease } | { readonly heldBy: Lease }>;
  /** Extends a lease of ours. @throws LeaseLostError when it expired or changed hands */
  renew(lease: Lease, ttlMs: number, now: number): Promise<Lease>;
  /** Gives it back; no error when it is ours no more. */
  release(lease: Lease): Promise<void>;

  /**
   * Applies all changes or none, durably, in order.
   * @param guard with it, the commit happens only while that lease is still ours at `now`; and it can be extended in the same go
   * @throws LeaseLostError, StateMovedError, StoreError; then nothing was changed
   */
  commit(
    changes: readonly Change[],
    guard?: { readonly lease: Lease; readonly now: number; readonly extendMs?: number },
  ): Promise<void>;

  /** What is known of the service; a fresh state when nothing is. */
  service(name: string): Promise<ServiceState>;
  /** All evidence of the service with `at` ≥ since, oldest first. */
  evidence(service: string, since: number): Promise<Evidence>;
  decision(service: string): Promise<Decision | null>;
  plan(id: string): Promise<StoredPlan | null>;
  /** Plans with status `proposed`, newest first. */
  proposed(service: string): Promise<readonly StoredPlan[]>;
  run(id: string): Promise<Run | null>;
  /** The run of the service that has not ended (`running` or `interrupted`), if any. */
  openRun(service: string): Promise<Run | null>;
  runs(query: { readonly service?: string; readonly limit: number }): Promise<readonly Run[]>;
  journal(run: string): Promise<readonly JournalEntry[]>;
  incidents(query: { readonly service?: string; readonly limit: number }): Promise<readonly Incident[]>;
  notices(query: { readonly service?: string; readonly limit: number }): Promise<readonly Notice[]>;
  audit(query: { readonly service?: string; readonly limit: number }): Promise<readonly AuditEntry[]>;
  /** Undelivered items of a sink in order, due or not. */
  outbox(sink: string, limit: number): Promise<readonly OutboxItem[]>;
  /** Drops evidence older than `before` and delivered notices and closed history beyond the newest `keep`. */
  prune(before: number, keep: number): Promise<void>;
  close(): Promise<void>;
}
