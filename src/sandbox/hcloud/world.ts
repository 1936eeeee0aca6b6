/**
 * The machines behind the emulated API: their power, their locks and the actions that run on them. An action
 * holds its server locked while it runs, as at the vendor; the abuse lock (`blocked`) is another thing altogether.
 */
import type { Family } from '../../model/sample.ts';

export interface ServerOptions {
  readonly id: number;
  readonly name: string;
  readonly ipv4?: string | null;
  readonly ipv6?: string | null;
}

export type ServerStatus = 'running' | 'off' | 'starting' | 'stopping';

export interface Machine {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  /** Null: the machine has no such address. The ids are those of the primary IPs. */
  readonly ipv4: { readonly id: number; readonly ip: string } | null;
  readonly ipv6: { readonly id: number; readonly ip: string } | null;
  status: ServerStatus;
  /** An action is running. */
  locked: boolean;
  /** The abuse lock. */
  readonly blocked: Record<Family, boolean>;
}

export interface Action {
  readonly id: number;
  readonly command: string;
  readonly server: number;
  readonly startedAt: number;
  finishedAt: number | null;
  status: 'running' | 'success' | 'error';
  error: { readonly code: string; readonly message: string } | null;
}

/** Called when a machine's power really changes; the action succeeds only after it has resolved. */
export type PowerListener = (id: number, power: 'off' | 'running') => Promise<void> | void;

/** What the API calls it → what the action is called, and the power it ends in (null: nothing changes). */
export const COMMANDS: Readonly<
  Record<string, { readonly command: string; readonly power: 'off' | 'running' }>
> = {
  poweroff: { command: 'stop_server', power: 'off' },
  shutdown: { command: 'shutdown_server', power: 'off' },
  poweron: { command: 'start_server', power: 'running' },
  reboot: { command: 'reboot_server', power: 'running' },
  reset: { command: 'reset_server', power: 'running' },
};

const FIRST_ACTION = 600_000_001;
const FIRST_IP = 70_000_001;

export class World {
  readonly machines = new Map<number, Machine>();
  readonly actions = new Map<number, Action>();
  readonly #listeners: PowerListener[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #actionMs: number;
  readonly #now: () => number;

  constructor(servers: readonly ServerOptions[], actionMs: number, now: () => number) {
    this.#actionMs = actionMs;
    this.#now = now;
    let nextIp = FIRST_IP;
    const address = (ip: string | null | undefined) => (ip ? { id: nextIp++, ip } : null);
    for (const { id, name, ipv4, ipv6 } of servers)
      this.machines.set(id, {
        id,
        name,
        createdAt: now(),
        ipv4: address(ipv4),
        ipv6: address(ipv6),
        status: 'running',
        locked: false,
        blocked: { v4: false, v6: false },
      });
  }

  onPower(listener: PowerListener): void {
    this.#listeners.push(listener);
  }

  /** Starts a power command on a machine that is not locked. */
  begin(machine: Machine, verb: string, fate: 'works' | 'lies' | 'fails'): Action {
    const { command, power } = COMMANDS[verb] ?? { command: verb, power: 'running' as const };
    const id = FIRST_ACTION + this.actions.size;
    const action: Action = {
      id,
      command,
      server: machine.id,
      startedAt: this.#now(),
      finishedAt: null,
      status: 'running',
      error: null,
    };
    this.actions.set(id, action);
    machine.locked = true;
    if (fate === 'works' && machine.status !== power)
      machine.status = power === 'off' ? 'stopping' : 'starting';
    this.#after(this.#actionMs, () => this.#finish(machine, action, power, fate));
    return action;
  }

  /** Whole per cent; 100 only when it has ended. */
  progress(action: Action): number {
    if (action.status !== 'running') return 100;
    const share = (this.#now() - action.startedAt) / Math.max(1, this.#actionMs);
    return Math.max(0, Math.min(99, Math.floor(share * 100)));
  }

  /** Forgets what is still to happen. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #finish(
    machine: Machine,
    action: Action,
    power: 'off' | 'running',
    fate: 'works' | 'lies' | 'fails',
  ): Promise<void> {
    let error = fate === 'fails' ? 'the hypervisor did not answer' : null;
    if (fate === 'works') {
      try {
        for (const listener of this.#listeners) await listener(machine.id, power);
        machine.status = power;
      } catch (thrown) {
        error = thrown instanceof Error ? thrown.message : String(thrown);
      }
    }
    machine.locked = false;
    action.error = error === null ? null : { code: 'action_failed', message: error };
    action.finishedAt = this.#now();
    action.status = error === null ? 'success' : 'error';
  }

  #after(ms: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void work();
    }, ms);
    this.#timers.add(timer);
  }
}
