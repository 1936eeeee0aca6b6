/**
 * Names the process that holds a lease, exactly enough to tell later that it is dead: a tick that was killed must not
 * block the next one for the rest of its lease. Wrongly calling a live process dead would let two run at once, so
 * every doubt counts as alive, and the lease's end decides.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Stands for a part this system does not tell. */
const UNTOLD = '-';

interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  /** Clock ticks from boot to the start of the process: field 22 of proc(5) stat. Tells a reused pid. */
  readonly start: string;
  /** Pid namespace: a pid means nothing in another container on the same machine. */
  readonly namespace: string;
}

/** @returns `host/boot-id/pid/start-time/pid-namespace` of this process; `-` for what only Linux tells */
export function currentOwner(): string {
  const { host, boot, pid, start, namespace } = ourselves();
  return [host, boot, pid, start, namespace].join('/');
}

/**
 * True only when that process is surely gone: it ran on this host and either before the last boot, or its pid is free, is a
 * zombie's, or belongs to a process started at another time.
 */
export function isOwnerDead(owner: string): boolean {
  const then = parseOwner(owner);
  const us = ourselves();
  if (then === null || then.host !== us.host) return false;
  if (then.boot !== us.boot) return then.boot !== UNTOLD && us.boot !== UNTOLD;
  if (then.namespace !== us.namespace) return false;
  if (!pidInUse(then.pid)) return true;
  const now = statOf(String(then.pid));
  if (now === null || then.start === UNTOLD) return false;
  return now.start !== then.start || now.state === 'Z' || now.state === 'X';
}

function ourselves(): Owner {
  return {
    host: hostname(),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? UNTOLD,
    pid: process.pid,
    start: statOf('self')?.start ?? UNTOLD,
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')) ?? UNTOLD,
  };
}

function parseOwner(text: string): Owner | null {
  const [host, boot, pid, start, namespace, ...rest] = text.split('/');
  if (!host || !boot || !pid || !start || !namespace || rest.length > 0) return null;
  return /^[1-9][0-9]{0,8}$/.test(pid) ? { host, boot, pid: Number(pid), start, namespace } : null;
}

/** Signal 0 asks without sending; EPERM means that somebody else's process has the pid. */
function pidInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function statOf(pid: string): { readonly state: string; readonly start: string } | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === null) return null;
  // Field 2 is the program's name in brackets and may hold spaces and brackets itself: count from the last one.
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const start = fields[18];
  return state === undefined || start === undefined ? null : { state, start };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
