/**
 * Route 53's REST-XML as of API version 2013-04-01: reading a change batch, writing the answers. The shapes are those
 * that botocore's service model and the AWS SDK expect; Debian's awscli is the judge of that in the tests.
 */
import { XMLParser } from 'fast-xml-parser';
import { type Change, type StoredSet, storedName } from './sets.ts';
import type { PendingChange, Zone } from './zone.ts';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';

/** A well-formed refusal, as the vendor words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What an element may hold; a list repeats the element it stands in. Null leaves the element out. */
type Content = string | number | boolean | null | { readonly [tag: string]: Content | readonly Content[] };

// Text such as numbers stays text, so that a TXT value or a TTL is compared as it was written.
const parser = new XMLParser({ parseTagValue: false, trimValues: true, ignoreAttributes: true });

/** @throws ApiError 400 when the body is not a change batch */
export function readChangeBatch(body: string): readonly Change[] {
  let document: unknown;
  try {
    document = parser.parse(body);
  } catch {
    document = null;
  }
  const batch = at(at(document, 'ChangeResourceRecordSetsRequest'), 'ChangeBatch');
  const changes = list(at(at(batch, 'Changes'), 'Change'));
  if (changes.length === 0) throw malformed('Changes must have at least one member');
  return changes.map(readChange);
}

function readChange(change: unknown): Change {
  const action = text(at(change, 'Action'));
  if (action !== 'CREATE' && action !== 'DELETE' && action !== 'UPSERT')
    throw malformed(`Action '${action}' is not one of CREATE, DELETE, UPSERT`);
  const set = at(change, 'ResourceRecordSet');
  const ttl = at(set, 'TTL');
  const setIdentifier = at(set, 'SetIdentifier');
  const weight = at(set, 'Weight');
  const alias = at(set, 'AliasTarget');
  const stored: StoredSet = {
    name: storedName(text(at(set, 'Name'))),
    type: text(at(set, 'Type')),
    ttlS: ttl === undefined ? null : wholeNumber(ttl),
    values: list(at(at(set, 'ResourceRecords'), 'ResourceRecord')).map(record => text(at(record, 'Value'))),
    ...(setIdentifier === undefined ? {} : { setIdentifier: text(setIdentifier) }),
    ...(weight === undefined ? {} : { weight: wholeNumber(weight) }),
    ...(alias === undefined
      ? {}
      : {
          alias: {
            zoneId: text(at(alias, 'HostedZoneId')),
            name: storedName(text(at(alias, 'DNSName'))),
            evaluateHealth: text(at(alias, 'EvaluateTargetHealth')) === 'true',
          },
        }),
  };
  return { action, set: stored };
}

function malformed(message: string): ApiError {
  return new ApiError(400, 'InvalidInput', message);
}

function at(node: unknown, tag: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, tag)
    ? (node as Record<string, unknown>)[tag]
    : undefined;
}

function list(node: unknown): readonly unknown[] {
  if (node === undefined || node === '') return [];
  return Array.isArray(node) ? node : [node];
}

function text(node: unknown): string {
  if (typeof node !== 'string' || node === '') throw malformed('A required element is missing or empty');
  return node;
}

function wholeNumber(node: unknown): number {
  const digits = text(node);
  if (!/^\d{1,10}$/.test(digits)) throw malformed(`'${digits}' is not a whole number`);
  return Number(digits);
}

/** A whole answer document. */
export function document(root: string, content: Content): string {
  const body = element(root, content).replace(`<${root}>`, `<${root} xmlns="${NAMESPACE}">`);
  return `<?xml version="1.0"?>\n${body}`;
}

function element(tag: string, content: Content | readonly Content[]): string {
  if (content === null) return '';
  if (isList(content)) return content.map(one => element(tag, one)).join('');
  if (typeof content === 'object') {
    const inner = Object.entries(content).map(([child, value]) => element(child, value));
    return `<${tag}>${inner.join('')}</${tag}>`;
  }
  return `<${tag}>${escapeXml(String(content))}</${tag}>`;
}

function isList(content: Content | readonly Content[]): content is readonly Content[] {
  return Array.isArray(content);
}

function escapeXml(plain: string): string {
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function errorDocument(code: string, message: string, requestId: string): string {
  return document('ErrorResponse', {
    Error: { Type: 'Sender', Code: code, Message: message },
    RequestId: requestId,
  });
}

export function hostedZone(zone: Zone): Content {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: `understudy-${zone.id}`,
    Config: { PrivateZone: false },
    ResourceRecordSetCount: zone.sets().length,
  };
}

export function recordSet(set: StoredSet): Content {
  return {
    Name: set.name,
    Type: set.type,
    SetIdentifier: set.setIdentifier ?? null,
    Weight: set.weight ?? null,
    TTL: set.ttlS,
    ResourceRecords:
      set.alias === undefined ? { ResourceRecord: set.values.map(value => ({ Value: value })) } : null,
    AliasTarget:
      set.alias === undefined
        ? null
        : {
            HostedZoneId: set.alias.zoneId,
            DNSName: set.alias.name,
            EvaluateTargetHealth: set.alias.evaluateHealth,
          },
  };
}

export function changeInfo(change: PendingChange): Content {
  return {
    Id: `/change/${change.id}`,
    Status: change.status,
    SubmittedAt: new Date(change.submittedAt).toISOString(),
  };
}
