/**
 * What DNS itself says of a service, asked at the zone's name servers without any credentials: it answers "who is
 * active?" when the state file, the DNS provider's API and the hoster are all out of reach. Every server is asked at
 * the same time, since the one that hangs must not hide what the others say.
 */
import { Resolver } from 'node:dns/promises';
import { type EpochRecord, parseEpoch } from '../model/epoch.ts';
import type { Service } from '../model/service.ts';
import type { Clock } from '../ports/clock.ts';
import { asError } from '../ports/errors.ts';
import type { NameServers } from '../ports/providers.ts';

/** For everything together, ms: a person waits. */
export const DNS_LIMIT_MS = 2_000;
/** More servers than this tell nothing new. */
const MOST_SERVERS = 16;

export interface ServerView {
  /** `ip:port` */
  readonly server: string;
  readonly epoch: EpochRecord | null;
  /** Values of A and AAAA of the service's first name. */
  readonly addresses: readonly string[];
  /** The site that all these addresses belong to; null when there is none, or it is no single one. */
  readonly site: string | null;
  /** What is wrong with its answer, one sentence; null when nothing is. */
  readonly problem: string | null;
}

export interface DnsView {
  readonly service: string;
  readonly epochName: string;
  /** The name whose addresses were asked for. */
  readonly name: string;
  readonly servers: readonly ServerView[];
  /** Why no server could be asked; null when they were. */
  readonly problem: string | null;
}

export interface DnsPorts {
  readonly nameServers: NameServers;
  readonly clock: Clock;
  /** Finds the zone's name servers by ordinary resolution; the system's resolver unless a test brings its own. */
  readonly resolve?: (zone: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** @returns what each name server says, within DNS_LIMIT_MS; never throws for what the network does */
export async function viewDns(service: Service, ports: DnsPorts, stop: AbortSignal): Promise<DnsView> {
  const { dns } = service;
  const name = dns.records[0] ?? dns.zoneName;
  const base = { service: service.name, epochName: dns.epochName, name };
  const limit = ports.clock.deadline(DNS_LIMIT_MS, stop);
  try {
    const resolve = ports.resolve ?? nameServersOf;
    const servers = dns.nameservers ?? (await resolve(dns.zoneName, limit.signal));
    if (servers.length === 0)
      return { ...base, servers: [], problem: `no name server of ${dns.zoneName} was found` };
    const views = servers
      .slice(0, MOST_SERVERS)
      .map(server => askServer(server, name, service, ports.nameServers, limit.signal));
    return { ...base, servers: await Promise.all(views), problem: null };
  } catch (thrown) {
    const problem = `the name servers of ${dns.zoneName} could not be found: ${asError(thrown).message}`;
    return { ...base, servers: [], problem };
  } finally {
    limit.done();
  }
}

async function askServer(
  server: string,
  name: string,
  service: Service,
  nameServers: NameServers,
  signal: AbortSignal,
): Promise<ServerView> {
  try {
    const [text, v4, v6] = await Promise.all([
      nameServers.ask(server, service.dns.epochName, 'TXT', signal),
      nameServers.ask(server, name, 'A', signal),
      nameServers.ask(server, name, 'AAAA', signal),
    ]);
    const addresses = [...v4.records, ...v6.records]
      .filter(record => record.type === 'A' || record.type === 'AAAA')
      .map(record => record.value);
    const texts = text.records.filter(record => record.type === 'TXT').map(record => unquote(record.value));
    const read = epochOf(texts);
    const problem = text.authoritative
      ? typeof read === 'string'
        ? read
        : null
      : `it does not answer for this zone (${text.rcode})`;
    const site = siteOf(service, addresses);
    return { server, epoch: typeof read === 'string' ? null : read, addresses, site, problem };
  } catch (thrown) {
    // The port's message starts with the server's name, which stands beside it here.
    const problem = asError(thrown).message.replace(`the name server ${server}: `, '');
    return { server, epoch: null, addresses: [], site: null, problem };
  }
}

/** `"a" "b"` → `ab`: a long TXT value travels as several strings. */
function unquote(value: string): string {
  return value.replaceAll('" "', '').replace(/^"|"$/g, '');
}

/** @returns the epoch, or a sentence that says why there is none */
function epochOf(texts: readonly string[]): EpochRecord | string {
  const [text] = texts;
  if (text === undefined) return 'it knows no epoch yet';
  if (texts.length > 1) return `${texts.length} values stand at the epoch's name, one is expected`;
  const read = parseEpoch(text);
  return typeof read === 'string' ? `the epoch record is not ours to understand: ${read}` : read;
}

function siteOf({ sites }: Service, addresses: readonly string[]): string | null {
  const owners = addresses.map(
    address => sites.find(site => Object.values(site.addresses).includes(address))?.name ?? null,
  );
  const [first] = owners;
  return first !== undefined && owners.every(owner => owner === first) ? first : null;
}

/** The system's resolver is asked for the NS set; each server counts once, by IPv4 where it has one. */
async function nameServersOf(zone: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: DNS_LIMIT_MS / 2, tries: 1 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    const names = await resolver.resolveNs(zone);
    const found = await Promise.all(names.slice(0, MOST_SERVERS).map(name => addressOf(resolver, name)));
    return found.filter(address => address !== null);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function addressOf(resolver: Resolver, name: string): Promise<string | null> {
  const [v4] = await resolver.resolve4(name).catch(() => []);
  if (v4 !== undefined) return `${v4}:53`;
  const [v6] = await resolver.resolve6(name).catch(() => []);
  return v6 === undefined ? null : `[${v6}]:53`;
}
