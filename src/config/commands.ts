/**
 * What is run at a site and how it gets there: commands (always a list of words: no shell takes them apart), the ssh
 * shell, the fence and the parts to promote. Each has a short form and a long one; both end in the same value.
 */

import { isIPv6 } from 'node:net';
import type { Command, Fence, PromotePart, Shell } from '../model/service.ts';
import { FENCE_METHODS } from '../model/service.ts';
import { parseAddress, parseHostname } from './address.ts';
import type { Tree } from './document.ts';
import { COMMAND, FENCE, PROMOTE, SSH } from './fields-site.ts';
import type { Path, Report } from './report.ts';
import { readSection } from './section.ts';

/** A short form as the mapping that it stands for. */
function asMapping(key: string, value: Tree): Tree {
  return { type: 'map', at: value.at, entries: new Map([[key, { keyAt: value.at, value }]]) };
}

/** @param limitMs when the command has no limit of its own */
export function readCommand(tree: Tree | null, path: Path, report: Report, limitMs: number): Command | null {
  if (tree === null) return null;
  const short = tree.type !== 'map';
  const values = readSection(short ? asMapping('run', tree) : tree, COMMAND, path, report, short);
  return { argv: values.run ?? [], limitMs: values.limit ?? limitMs };
}

/** @param tree null: commands run on this machine */
export function readShell(tree: Tree | null, path: Path, report: Report): Shell {
  if (tree === null) return { kind: 'local' };
  const long = tree.type === 'map';
  const values = readSection(long ? tree : shortSsh(tree, path, report), SSH, path, report);
  const user = values.user ?? '';
  // OpenSSH would take a leading hyphen for an option.
  if (user !== '' && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}\$?$/.test(user))
    report.error(long ? [...path, 'user'] : path, 'is not a login name', { value: user });
  return {
    kind: 'ssh',
    host: sshHost(values.host ?? '', long ? [...path, 'host'] : path, report),
    port: values.port,
    user,
    identityFile: values.identity,
    knownHostsFile: values.knownHosts,
    connectTimeoutMs: values.connectTimeout,
  };
}

/** `user@host`, `user@host:port`, `user@[ipv6]`, `user@[ipv6]:port`. @returns null after reporting what is wrong */
function shortSsh(tree: Tree, path: Path, report: Report): Tree | null {
  const text = tree.type === 'scalar' ? tree.text : '';
  const match = /^([^@\s]+)@(?:\[([^\]]+)\]|([^:@\s]+))(?::([0-9]{1,5}))?$/.exec(text);
  const scalar = (value: string | number): Tree => ({
    type: 'scalar',
    at: tree.at,
    value,
    text: String(value),
  });
  if (match === null || Number(match[4] ?? 22) > 65535 || Number(match[4] ?? 22) < 1) {
    report.error(path, 'is not an ssh target', { value: text, allowed: 'user@host or user@host:port' });
    return placeholder(scalar);
  }
  const entries = new Map([
    ['user', { keyAt: tree.at, value: scalar(match[1] ?? '') }],
    ['host', { keyAt: tree.at, value: scalar(match[2] ?? match[3] ?? '') }],
    ['port', { keyAt: tree.at, value: scalar(Number(match[4] ?? 22)) }],
  ]);
  return { type: 'map', at: tree.at, entries };
}

/** So that one mistake is not told three times. */
function placeholder(scalar: (value: string) => Tree): Tree {
  const value = scalar('invalid');
  const entry = { keyAt: value.at, value };
  return {
    type: 'map',
    at: value.at,
    entries: new Map([
      ['user', entry],
      ['host', entry],
    ]),
  };
}

function sshHost(host: string, path: Path, report: Report): string {
  if (host === '') return host;
  try {
    return isIPv6(host) || /^[0-9.]+$/.test(host)
      ? parseAddress(host, null).address
      : parseHostname(host, 1, true);
  } catch (error) {
    report.error(path, error instanceof Error ? error.message : 'is not a host', { value: host });
    return host;
  }
}

export function readPromote(tree: Tree | null, path: Path, report: Report): readonly PromotePart[] {
  if (tree?.type !== 'list') return [];
  const names = new Set<string>();
  return tree.items.map((item, index) => {
    const here = [...path, index];
    const values = readSection(item, PROMOTE, here, report);
    const name = values.name ?? '';
    if (name !== '' && names.has(name))
      report.error([...here, 'name'], 'is the name of an earlier part too', { value: name });
    names.add(name);
    return {
      name,
      run: { argv: values.run ?? [], limitMs: values.limit },
      check: values.check === null ? null : { argv: values.check ?? [], limitMs: values.checkLimit },
    };
  });
}

/** What the fence is made from besides its own section. */
export interface FenceContext {
  /** Through the provider, confirmed by reading back; and the machine's id is given. */
  readonly canPowerOff: boolean;
  /** Why not, when not. */
  readonly whyNot: string;
  readonly tellsLocks: boolean;
  readonly stateless: boolean;
  readonly limitMs: number;
}

/** @returns the fence, and whether it was left out although nothing could stand in for it */
export function readFence(
  tree: Tree | null,
  path: Path,
  report: Report,
  context: FenceContext,
): { readonly fence: Fence; readonly omitted: boolean } {
  const short = tree?.type === 'scalar';
  const section =
    tree === null ? null : readSection(short ? asMapping('method', tree) : tree, FENCE, path, report, short);
  const method = section?.method ?? (context.canPowerOff ? 'power-off' : 'none');
  const at = short ? path : [...path, 'method'];
  const here = { value: method, allowed: FENCE_METHODS.join(', ') };
  if (section && method === 'power-off' && !context.canPowerOff) report.error(at, context.whyNot, here);
  if (section?.method === 'none' && !context.stateless)
    report.error(at, 'is legal only with `stateless: true`: two sites could take writes at once', here);
  const run = readCommand(section?.run ?? null, [...path, 'run'], report, context.limitMs);
  const check = readCommand(section?.check ?? null, [...path, 'check'], report, context.limitMs);
  const needs = (key: string, why: string): void => report.error(path, `needs \`${key}\`: ${why}`);
  if (method === 'command' && run === null) needs('run', 'what fences');
  if (method === 'command' && check === null) needs('check', 'what proves it: an unproved fence is none');
  if (method === 'wait' && section && section.lease === null)
    needs('lease', 'how long the site goes on by itself');
  const leaseMs = method === 'wait' ? (section?.lease ?? 0) : 0;
  const marginMs = method === 'wait' ? (section?.margin ?? 0) : 0;
  if (leaseMs + marginMs >= context.limitMs)
    report.error(path, 'waits longer than its step may take: raise limits.fence above lease + margin');
  for (const [key, owner] of [
    ['run', 'command'],
    ['check', 'command'],
    ['lease', 'wait'],
  ] as const)
    if (section && section[key] !== null && method !== owner)
      report.error([...path, key], `means nothing with the method ${method}`, { atKey: true });
  if (section?.lockCounts === true && !context.tellsLocks)
    report.error([...path, 'lock_counts'], 'cannot be: no provider tells of locks here');
  const lockCounts = section?.lockCounts ?? context.tellsLocks;
  const fence: Fence = {
    method,
    run: method === 'command' ? run : null,
    check: method === 'command' ? check : null,
    leaseMs,
    marginMs,
    lockCounts,
  };
  return { fence, omitted: tree === null && method === 'none' && !context.stateless };
}
