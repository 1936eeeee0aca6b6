/**
 * The wire between the production Route 53 adapter and the simulated zone: errors as the SDK throws them, answers as it
 * gives them, and what is delivered is told to the bystanders.
 */
import type { ChangeResourceRecordSetsCommandInput, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { parseEpoch } from '../../model/epoch.ts';
import type { RecordSet } from '../../model/signal.ts';
import type { DnsProvider } from '../../ports/providers.ts';
import { createApi } from '../../providers/route53/api.ts';
import { createClientOver, type Wire } from '../../providers/route53/over.ts';
import { createOver } from '../../providers/route53/route53.ts';
import { CANARY, DNS } from '../cast.ts';
import type { Dice } from '../dice.ts';
import type { Process } from '../process.ts';
import { ask, type Refusals } from './api.ts';
import { epochOf, type SimulatedWorld } from './world.ts';
import type { ZoneChange } from './zone.ts';

const SETTINGS = {
  credentials: null,
  region: 'us-east-1',
  endpoint: null,
  requestTimeoutMs: 5000,
  readRetries: 2,
  readBackTimeoutMs: 4000,
};

export function createDns(world: SimulatedWorld, process: Process, dice: Dice): DnsProvider {
  const asked = <T>(write: boolean, work: (lies: boolean) => T) =>
    process.call(() => ask(world, process, DNS, { write, work, refusals: refusals<T>() }));
  const wire: Wire = {
    listResourceRecordSets: async (input, signal) => {
      const from = `${input.StartRecordName} ${input.StartRecordType}`;
      const sets = await asked(false, () => listFrom(world, from, Number(input.MaxItems)));
      if (!('sets' in sets)) return {};
      if (input.StartRecordType === 'TXT' && !signal.aborted)
        tellZone(world, process, input.StartRecordName ?? '');
      return { ResourceRecordSets: sets.sets, IsTruncated: sets.more };
    },
    changeResourceRecordSets: async (input, signal) => change(world, process, asked, input, signal),
    getChange: async ({ Id }) => {
      const spread = await asked(false, () => ({ spread: world.zone.isSpread(String(Id), world.now) }));
      return 'spread' in spread
        ? { ChangeInfo: { Id, Status: spread.spread ? 'INSYNC' : 'PENDING', SubmittedAt: new Date(0) } }
        : {};
    },
    getHostedZone: async () => ({}),
  };
  const context = { clock: process.clock, random: () => dice.next() };
  return createOver(createApi(SETTINGS, context, createClientOver(wire)), SETTINGS, context);
}

type Asked = <T>(write: boolean, work: (lies: boolean) => T) => Promise<T>;

async function change(
  world: SimulatedWorld,
  process: Process,
  asked: Asked,
  input: ChangeResourceRecordSetsCommandInput,
  signal: AbortSignal,
) {
  const batch = batchOf(input);
  const epochs = batch.filter(({ set }) => set.type === 'TXT');
  const owner = epochs.map(({ set }) => epochOf(set)?.owner).at(-1) ?? '';
  const service = serviceOf(world, epochs[0]?.set.name ?? '');
  const told = (outcome: 'applied' | 'refused' | 'doubt') => {
    if (!signal.aborted) world.tell({ kind: 'told-swap', service, owner, outcome, by: process.actor });
  };
  const askedAt = world.now;
  try {
    const answer = await asked(true, lies => ({
      id: lies ? 'C-claimed' : apply(world, process, batch, service, askedAt),
    }));
    told('id' in answer ? 'applied' : 'doubt');
    return 'id' in answer
      ? { ChangeInfo: { Id: `/change/${answer.id}`, Status: 'PENDING' as const, SubmittedAt: new Date(0) } }
      : {};
  } catch (thrown) {
    told(Reflect.get(Object(thrown), '$fault') === 'client' ? 'refused' : 'doubt');
    throw thrown;
  }
}

/** @throws as the SDK does for an InvalidChangeBatch */
function apply(
  world: SimulatedWorld,
  process: Process,
  batch: readonly ZoneChange[],
  service: string,
  askedAt: number,
): string {
  const before = setsAround(world, service, batch);
  const epochBefore = world.epoch(service);
  const result = world.zone.change(batch, world.now);
  if ('refused' in result) throw vendor('InvalidChangeBatch', 'client', 400, result.refused);
  world.tell({
    kind: 'zone',
    service,
    before,
    after: setsAround(world, service, batch),
    epochBefore,
    epochAfter: world.epoch(service),
    by: process.actor,
    askedAt,
  });
  return result.id;
}

/** The service's sets, and whatever else the batch touches: a write to names of others must not go unseen. */
function setsAround(
  world: SimulatedWorld,
  service: string,
  batch: readonly ZoneChange[],
): readonly RecordSet[] {
  const own = world.records(service);
  const names = new Set(batch.map(({ set }) => set.name));
  const others = [...world.zone.sets.values()].filter(set => names.has(set.name) && !own.includes(set));
  return [...own, ...others];
}

function batchOf(input: ChangeResourceRecordSetsCommandInput): readonly ZoneChange[] {
  return (input.ChangeBatch?.Changes ?? []).map(({ Action, ResourceRecordSet: set }) => ({
    action: Action as ZoneChange['action'],
    set: {
      name: set?.Name ?? '',
      type: set?.Type as RecordSet['type'],
      ttlS: set?.TTL ?? 0,
      values: (set?.ResourceRecords ?? []).map(record => record.Value ?? ''),
    },
  }));
}

/** The sets from there on in Route 53's order: by name, then type. */
function listFrom(
  world: SimulatedWorld,
  from: string,
  most: number,
): { readonly sets: ResourceRecordSet[]; readonly more: boolean } {
  const keys = [...world.zone.sets.keys()].filter(key => key >= from).sort();
  const sets = keys.slice(0, most).flatMap(key => {
    const set = world.zone.sets.get(key);
    if (set === undefined) return [];
    const { name, type, ttlS, values } = set;
    return [
      {
        Name: `${name}.`,
        Type: type,
        TTL: ttlS,
        ResourceRecords: values.map(Value => ({ Value })),
      },
    ];
  });
  return { sets, more: keys.length > most };
}

function tellZone(world: SimulatedWorld, process: Process, epochName: string): void {
  const service = serviceOf(world, epochName);
  const epochSet = world.zone.at(epochName, 'TXT');
  const epoch = epochOf(epochSet);
  const text = (epochSet?.values[0] ?? '').replaceAll('"', '');
  const parsed = epochSet === null ? null : parseEpoch(text);
  world.tell({
    kind: 'told-zone',
    service,
    view: {
      epochSet,
      epoch,
      records: [],
      ...(typeof parsed === 'string' ? { epochProblem: parsed } : {}),
    },
    by: process.actor,
  });
}

function serviceOf(world: SimulatedWorld, epochName: string): string {
  const found = world.cast.settings.services.find(service => service.dns.epochName === epochName);
  return found?.name ?? '';
}

/** For answers of any type: what refuses throws, and garbage is what the SDK makes of HTML with status 200. */
function refusals<T>(): Refusals<T> {
  return {
    network: code => {
      const syscall = code === 'ECONNRESET' ? 'read' : 'connect';
      throw Object.assign(new Error(`${syscall} ${code} Credential=${CANARY}`), { code, syscall });
    },
    throttled: () => {
      throw vendor('Throttling', 'client', 400, 'Rate exceeded');
    },
    busy: () => {
      throw vendor('PriorRequestNotComplete', 'client', 400, 'The request was rejected');
    },
    failed: () => {
      throw vendor('ServiceUnavailable', 'server', 503, 'Please try again');
    },
    garbage: () => ({}) as T,
  };
}

function vendor(name: string, fault: 'client' | 'server', status: number, message: string): Error {
  return Object.assign(new Error(message), { name, $fault: fault, $metadata: { httpStatusCode: status } });
}
