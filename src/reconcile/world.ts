/** The ports that a cycle works with, put together once by compose.ts (or by the simulator). */
import type { Announcer } from '../announce/announcer.ts';
import type { Teller } from '../announce/notices.ts';
import type { Progress } from '../execute/journal.ts';
import type { Standing } from '../model/plan.ts';
import type { Settings } from '../model/service.ts';
import type { Run } from '../model/state.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { DnsCapabilities } from '../ports/providers.ts';
import type { Store } from '../ports/store.ts';
import type { LookPorts } from './look.ts';

export interface World extends LookPorts {
  readonly settings: Settings;
  readonly store: Store;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly tell: Teller;
  readonly announcer: Announcer;
  /** Capabilities of a DNS provider by its name in the config; known without loading its client. */
  readonly dnsCapabilities: (provider: string) => DnsCapabilities;
  /** Who holds leases: `host/boot/pid/start`. */
  readonly owner: string;
  readonly isOwnerDead: (owner: string) => boolean;
  /** `always`: every cycle is stored (cron: the next process must know) · `news`: only what changes, and a heartbeat. */
  readonly keep: 'always' | 'news';
  readonly stop: AbortSignal;
  readonly watcher?: Watcher;
}

/** For a person who looks on. */
export interface Watcher {
  verdict?(verdict: Verdict): void;
  /** Why nothing is done, when the reason has changed. */
  standing?(service: string, standing: Standing): void;
  runStarted?(run: Run): void;
  progress?(run: Run, event: Progress): void;
  problem?(service: string, message: string): void;
}
