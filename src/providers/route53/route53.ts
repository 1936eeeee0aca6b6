/**
 * Route 53 behind the DnsProvider port. Its change batches apply all or nothing and a DELETE must match exactly,
 * which makes a batch that deletes the epoch as it was read a compare-and-swap: the heart of every flip.
 */
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { type EpochRecord, formatEpoch, parseEpoch } from '../../model/epoch.ts';
import type { GuardedChange } from '../../model/plan.ts';
import type { RecordSet } from '../../model/signal.ts';
import { asError, ProviderError } from '../../ports/errors.ts';
import type { DnsProvider, SwapOutcome } from '../../ports/providers.ts';
import type { VendorContext } from '../vendor.ts';
import { about } from './about.ts';
import { type Api, createApi } from './api.ts';
import { batchOf, plainName, sameSet, setsAt, viewOf } from './records.ts';
import { type Route53Settings, readSettings } from './settings.ts';

/** How many names are asked about at once. */
const AT_ONCE = 5;

/**
 * One client with warm connections for as long as the provider lives.
 * @param params as declared in about.ts @throws UnderstudyError `config-invalid`
 */
export function create(params: Readonly<Record<string, unknown>>, context: VendorContext): DnsProvider {
  const settings = readSettings(params);
  return createOver(createApi(settings, context), settings, context);
}

/** The whole adapter but for what carries its requests: `createApi` takes any client. */
export function createOver(api: Api, settings: Route53Settings, context: VendorContext): DnsProvider {
  return {
    kind: 'route53',
    capabilities: about.capabilities,
    read: async (zone, epochName, names, signal) => {
      // The epoch first: if somebody flips in between, we hold an old epoch with new records, and a change built on
      // that is refused. The other way round it would be let through.
      const epochSet = await readEpoch(api, zone, epochName, signal);
      return viewOf(epochSet, await readAddresses(api, zone, names, signal));
    },
    swap: async (zone, change, next, signal) => {
      checkEpoch(change, next);
      try {
        return await writeBatch(api, zone, change, next, signal);
      } catch (thrown) {
        if (!(thrown instanceof ProviderError) || !leavesDoubt(thrown)) throw thrown;
        // The caller's signal does not bind the read-back: a flip whose time ran out is the very one whose result
        // must be known. Its own limit does.
        const limit = context.clock.deadline(settings.readBackTimeoutMs);
        try {
          return await resolve(api, zone, change, next, thrown, limit.signal);
        } finally {
          limit.done();
        }
      }
    },
    propagated: (changeId, signal) => readChange(api, changeId, signal),
    nameservers: (zone, signal) => readNameservers(api, zone, signal),
  };
}

async function readEpoch(
  api: Api,
  zone: string,
  epochName: string,
  signal: AbortSignal,
): Promise<RecordSet | null> {
  const sets = setsAt(epochName, await list(api, zone, epochName, 'TXT', 1, signal));
  return sets.find(set => set.type === 'TXT') ?? null;
}

async function readAddresses(
  api: Api,
  zone: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly RecordSet[]> {
  const records: RecordSet[] = [];
  for (let start = 0; start < names.length; start += AT_ONCE) {
    const some = names.slice(start, start + AT_ONCE);
    const found = await Promise.all(
      // Sets are listed by name, then type: A and AAAA of a name come first of all its sets.
      some.map(async name => setsAt(name, await list(api, zone, name, 'A', 2, signal))),
    );
    records.push(...found.flat().filter(set => set.type !== 'TXT'));
  }
  return records;
}

/** The `most` sets from `name`/`type` on; they may belong to later names. Changes still PENDING are included. */
function list(
  api: Api,
  zone: string,
  name: string,
  type: 'A' | 'TXT',
  most: number,
  signal: AbortSignal,
): Promise<readonly ResourceRecordSet[]> {
  return api.read(
    `list the record sets at ${name} in zone ${zone}`,
    async (client, options) => {
      const output = await client.send(
        new ListResourceRecordSetsCommand({
          HostedZoneId: zone,
          StartRecordName: name,
          StartRecordType: type,
          MaxItems: most,
        }),
        options,
      );
      // The SDK makes an empty result of any HTML page with status 200; "no epoch" must never be read from that.
      if (!Array.isArray(output.ResourceRecordSets) || typeof output.IsTruncated !== 'boolean')
        throw garbage('the list of record sets is missing in the answer');
      return output.ResourceRecordSets;
    },
    signal,
  );
}

/** @returns `applied` on a whole, sensible reply */
function writeBatch(
  api: Api,
  zone: string,
  change: GuardedChange,
  next: EpochRecord,
  signal: AbortSignal,
): Promise<SwapOutcome> {
  return api.write(
    `change zone ${zone} to epoch ${next.epoch}`,
    async (client, options) => {
      const output = await client.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: zone,
          ChangeBatch: {
            Comment: `understudy epoch ${next.epoch} active ${next.active}`,
            Changes: batchOf(change, next),
          },
        }),
        options,
      );
      const [, changeId] = /^(?:\/change\/)?([A-Za-z0-9-]{1,64})$/.exec(output.ChangeInfo?.Id ?? '') ?? [];
      if (changeId === undefined) throw garbage('the change id is missing in the answer', 'unknown');
      return { outcome: 'applied', changeId, confirmedBy: 'reply' };
    },
    signal,
  );
}

/** A refusal of the batch may mean that another was first, or that an earlier attempt of this run had got through. */
function leavesDoubt(error: ProviderError): boolean {
  return error.applied === 'unknown' || error.code === 'provider-rejected';
}

/** Reads the epoch back and says whose it is. @throws ProviderError the doubt itself when the zone is unchanged */
async function resolve(
  api: Api,
  zone: string,
  change: GuardedChange,
  next: EpochRecord,
  doubt: ProviderError,
  signal: AbortSignal,
): Promise<SwapOutcome> {
  let current: RecordSet | null;
  try {
    current = await readEpoch(api, zone, change.epochName, signal);
  } catch (thrown) {
    throw withNote(doubt, `and reading back failed too (${asError(thrown).code})`);
  }
  const { epoch } = viewOf(current, []);
  if (epoch?.owner === next.owner && epoch.epoch === next.epoch && epoch.active === next.active)
    return { outcome: 'applied', changeId: null, confirmedBy: 'read-back' };
  if (!sameSet(current, change.expectEpoch)) return { outcome: 'lost', current };
  // Unchanged. Without a refusal the write may still be on its way, so nothing more can be claimed.
  throw withNote(doubt, 'read back: the epoch is unchanged');
}

function withNote(doubt: ProviderError, note: string): ProviderError {
  const unknown = doubt.applied === 'unknown';
  const next = unknown
    ? 'run it again: with the same run token a repeat cannot apply twice, and says whether the first got through'
    : doubt.next;
  return new ProviderError({
    code: doubt.code,
    message: `${doubt.message} — ${note}`,
    retriable: doubt.retriable,
    applied: doubt.applied,
    ...(next === null ? {} : { next }),
    cause: doubt.cause,
  });
}

/** Stops what must never be written: an epoch that could not be read again, or another one than was planned. */
function checkEpoch(change: GuardedChange, next: EpochRecord): void {
  const problem = parseEpoch(formatEpoch(next));
  const planned = next.epoch === change.nextEpoch.epoch && next.active === change.nextEpoch.active;
  const guarded = change.expectEpoch === null || change.expectEpoch.name === change.epochName;
  if (typeof problem === 'string' || !planned || !guarded)
    throw new ProviderError({
      code: 'provider-rejected',
      message: `the epoch record to write is not valid or not the planned one${typeof problem === 'string' ? `: ${problem}` : ''}`,
    });
}

function readChange(api: Api, changeId: string, signal: AbortSignal): Promise<boolean> {
  return api.read(
    `ask for change ${changeId}`,
    async (client, options) => {
      const status = (await client.send(new GetChangeCommand({ Id: changeId }), options)).ChangeInfo?.Status;
      if (status !== 'INSYNC' && status !== 'PENDING') throw garbage('the status is missing in the answer');
      return status === 'INSYNC';
    },
    signal,
  );
}

/** Every server of the delegation set must resolve: "asked at every server" may not quietly mean "at some". */
async function readNameservers(api: Api, zone: string, signal: AbortSignal): Promise<readonly string[]> {
  const names = await api.read(
    `ask for the name servers of zone ${zone}`,
    async (client, options) => {
      const output = await client.send(new GetHostedZoneCommand({ Id: zone }), options);
      if (output.HostedZone === undefined) throw garbage('the zone is missing in the answer');
      return output.DelegationSet?.NameServers ?? [];
    },
    signal,
  );
  if (names.length === 0)
    throw new ProviderError({
      code: 'provider-not-found',
      message: `zone ${zone} has no delegation set; it may be a private zone`,
      next: 'give the name servers in the config, as ip:port',
    });
  return api.read(
    `resolve the name servers of zone ${zone}`,
    () => Promise.all(names.map(name => addressOf(plainName(name)))),
    signal,
  );
}

async function addressOf(host: string): Promise<string> {
  const found = await lookup(host, { all: true });
  const best = found.find(one => one.family === 4) ?? found[0];
  if (best === undefined) throw garbage(`${host} resolves to nothing`);
  return isIPv6(best.address) ? `[${best.address}]:53` : `${best.address}:53`;
}

function garbage(what: string, applied: 'no' | 'unknown' = 'no'): ProviderError {
  return new ProviderError({
    code: 'provider-garbage',
    message: `Route 53: the answer made no sense: ${what}`,
    retriable: true,
    applied,
  });
}
