/**
 * The six Route 53 operations that understudy, its tests and an operator with awscli use: which request is which,
 * and what each answers.
 */
import type { Operation } from './faults.ts';
import { compare, sortName, storedName } from './sets.ts';
import { ApiError, changeInfo, document, hostedZone, readChangeBatch, recordSet } from './wire.ts';
import type { Zone } from './zone.ts';

const ROUTES: readonly { readonly operation: Operation; readonly method: string; readonly path: RegExp }[] = [
  { operation: 'ListHostedZonesByName', method: 'GET', path: /^\/2013-04-01\/hostedzonesbyname\/?$/ },
  { operation: 'ListHostedZones', method: 'GET', path: /^\/2013-04-01\/hostedzone\/?$/ },
  { operation: 'GetHostedZone', method: 'GET', path: /^\/2013-04-01\/hostedzone\/([^/]+)\/?$/ },
  {
    operation: 'ListResourceRecordSets',
    method: 'GET',
    path: /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset\/?$/,
  },
  {
    operation: 'ChangeResourceRecordSets',
    method: 'POST',
    path: /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset\/?$/,
  },
  { operation: 'GetChange', method: 'GET', path: /^\/2013-04-01\/change\/([^/]+)\/?$/ },
];

export interface Call {
  readonly operation: Operation;
  /** Zone or change id; empty where the operation has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** @returns null when no operation has this method and path */
export function recognise(method: string, target: string, body: string): Call | null {
  const url = new URL(target, 'http://route53.invalid');
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(url.pathname) : null;
    if (match !== null)
      return {
        operation: route.operation,
        id: decodeURIComponent(match[1] ?? ''),
        query: url.searchParams,
        body,
      };
  }
  return null;
}

export interface World {
  readonly zones: readonly Zone[];
  nextChangeId(): string;
}

/** @returns the answer's XML @throws ApiError */
export function perform(call: Call, world: World): string {
  switch (call.operation) {
    case 'ListHostedZones':
      return listZones(call, world);
    case 'ListHostedZonesByName':
      return listZonesByName(call, world);
    case 'GetHostedZone':
      return getZone(zoneOf(call, world));
    case 'ListResourceRecordSets':
      return listSets(call, zoneOf(call, world));
    case 'ChangeResourceRecordSets':
      return changeSets(call, zoneOf(call, world), world);
    case 'GetChange':
      return getChange(call, world);
  }
}

function zoneOf(call: Call, world: World): Zone {
  const zone = world.zones.find(one => one.id === call.id);
  if (zone === undefined)
    throw new ApiError(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${call.id}`);
  return zone;
}

function listZones(call: Call, world: World): string {
  const limit = maxItems(call, 100);
  const marker = call.query.get('marker');
  const start = marker === null ? 0 : world.zones.findIndex(zone => zone.id === marker);
  if (start < 0) throw new ApiError(400, 'InvalidInput', 'Invalid marker');
  const page = world.zones.slice(start, start + limit);
  const next = world.zones[start + limit];
  return document('ListHostedZonesResponse', {
    HostedZones: { HostedZone: page.map(hostedZone) },
    Marker: marker,
    IsTruncated: next !== undefined,
    NextMarker: next?.id ?? null,
    MaxItems: limit,
  });
}

function listZonesByName(call: Call, world: World): string {
  const limit = maxItems(call, 100);
  const from = call.query.get('dnsname');
  const sorted = [...world.zones].sort((a, b) => compare(sortName(a.name), sortName(b.name)));
  const start = from === null ? '' : sortName(storedName(from));
  const matching = sorted.filter(zone => compare(sortName(zone.name), start) >= 0);
  const next = matching[limit];
  return document('ListHostedZonesByNameResponse', {
    HostedZones: { HostedZone: matching.slice(0, limit).map(hostedZone) },
    DNSName: from,
    IsTruncated: next !== undefined,
    NextDNSName: next?.name ?? null,
    NextHostedZoneId: next?.id ?? null,
    MaxItems: limit,
  });
}

function getZone(zone: Zone): string {
  return document('GetHostedZoneResponse', {
    HostedZone: hostedZone(zone),
    DelegationSet: { NameServers: { NameServer: [...zone.nameservers] } },
  });
}

function listSets(call: Call, zone: Zone): string {
  const limit = maxItems(call, 300);
  const name = call.query.get('name');
  const type = call.query.get('type');
  const identifier = call.query.get('identifier');
  if (name === null && type !== null)
    throw new ApiError(400, 'InvalidInput', 'The input is not valid: type specified without a name');
  const start = name === null ? null : sortName(storedName(name));
  const matching = zone.sets().filter(set => {
    if (start === null) return true;
    const order =
      compare(sortName(set.name), start) ||
      compare(set.type, type ?? '') ||
      compare(set.setIdentifier ?? '', identifier ?? '');
    return order >= 0;
  });
  const next = matching[limit];
  return document('ListResourceRecordSetsResponse', {
    ResourceRecordSets: { ResourceRecordSet: matching.slice(0, limit).map(recordSet) },
    IsTruncated: next !== undefined,
    NextRecordName: next?.name ?? null,
    NextRecordType: next?.type ?? null,
    NextRecordIdentifier: next?.setIdentifier ?? null,
    MaxItems: limit,
  });
}

function changeSets(call: Call, zone: Zone, world: World): string {
  const changes = readChangeBatch(call.body);
  const size = changes.reduce(
    (sum, one) => sum + (one.action === 'UPSERT' ? 2 : 1) * one.set.values.length,
    0,
  );
  if (size > 1000)
    throw new ApiError(400, 'InvalidChangeBatch', '[Number of records limit of 1000 exceeded.]');
  const id = world.nextChangeId();
  const complaints = zone.apply(id, changes);
  if (complaints !== null) throw new ApiError(400, 'InvalidChangeBatch', `[${complaints.join(', ')}]`);
  const change = zone.change(id);
  if (change === undefined) throw new Error('an applied change is on record');
  // The vendor answers PENDING even when nothing is left to wait for.
  return document('ChangeResourceRecordSetsResponse', {
    ChangeInfo: changeInfo({ ...change, status: 'PENDING' }),
  });
}

function getChange(call: Call, world: World): string {
  for (const zone of world.zones) {
    const change = zone.change(call.id);
    if (change !== undefined && call.id !== '')
      return document('GetChangeResponse', { ChangeInfo: changeInfo(change) });
  }
  throw new ApiError(404, 'NoSuchChange', `Could not find resource with ID: ${call.id}`);
}

function maxItems(call: Call, most: number): number {
  const given = call.query.get('maxitems');
  if (given === null) return most;
  if (!/^[1-9]\d{0,8}$/.test(given))
    throw new ApiError(400, 'InvalidInput', 'maxitems must be a number above 0');
  return Math.min(Number(given), most);
}
