/**
 * The embedded world: two sites, the APIs of their hoster and of the DNS provider, a name server and hosts to prove the
 * way out by, all real servers on loopback addresses, and the config that leads understudy to them. Each deed below
 * does to this world what the night does to a real one.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { formatEpoch } from '../model/epoch.ts';
import { type Answers, ask } from './answers.ts';
import {
  type ConfigChanges,
  type ConfigParts,
  EPOCH_RECORD,
  PRIMARY,
  RECORD,
  renderConfig,
  SECRET_NAMES,
  STANDBY,
  ZONE_ID,
  ZONE_NAME,
} from './config.ts';
import { type Deeds, deeds, type Parts } from './deeds.ts';
import { type HcloudEmulator, startHcloud } from './hcloud/hcloud.ts';
import { type Nameserver, startNameserver } from './nameserver/nameserver.ts';
import { type Route53Emulator, startRoute53 } from './route53/emulator.ts';
import { type Listener, startListener } from './site/listener.ts';
import { type SandboxSite, startSite } from './site/site.ts';

export interface Secrets {
  readonly hcloudToken: string;
  readonly awsAccessKeyId: string;
  readonly awsSecretAccessKey: string;
  readonly webhookSecret: string;
}

export interface WorldOptions {
  /** An existing folder for the config, the state file and the sites' files. */
  readonly folder: string;
  /** Made up when left out. */
  readonly secrets?: Secrets;
  /** Where notices go; nowhere when left out. */
  readonly webhookUrl?: string;
  readonly config?: ConfigChanges;
  /** False: DNS holds no epoch record yet, as for a new user. True when left out. */
  readonly epoch?: boolean;
  /** From a DNS change to its being answered, ms; 100 when left out. */
  readonly insyncMs?: number;
}

export interface SandboxWorld extends Deeds {
  readonly configFile: string;
  /** Writes the config anew, with these changes in place of those given at the start. */
  writeConfig(changes?: ConfigChanges): void;
  /** What the config's `{ env: … }` references need: merge it into the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly primary: SandboxSite;
  readonly standby: SandboxSite;
  readonly references: readonly Listener[];
  readonly hcloud: HcloudEmulator;
  readonly route53: Route53Emulator;
  readonly nameserver: Nameserver;
  /** Asks the name server. @throws the resolver's error when it does not answer */
  answers(): Promise<Answers>;
  close(): Promise<void>;
}

const ADDRESSES = { primary: '127.0.0.11', standby: '127.0.0.12', reference: '127.0.0.21' } as const;
const V6 = '::1';
/** The sites share a port, and a free one at one address may be taken at another. */
const PORT_ATTEMPTS = 5;

function madeUpSecrets(): Secrets {
  return {
    hcloudToken: randomBytes(32).toString('hex'),
    awsAccessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    awsSecretAccessKey: randomBytes(20).toString('hex'),
    webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

function hasV6(): boolean {
  return Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === V6));
}

/** Closes in reverse order what was opened, also when opening the next thing failed. */
class Openings {
  readonly #closers: (() => Promise<void>)[] = [];

  async open<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
    const opened = await opening;
    this.#closers.unshift(() => opened.close());
    return opened;
  }

  async closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0)) await close().catch(error => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

async function startSites(
  folder: string,
  address6: string | undefined,
): Promise<{ primary: SandboxSite; standby: SandboxSite }> {
  for (let attempt = 1; ; attempt += 1) {
    const primary = await startSite({
      name: PRIMARY.name,
      address: ADDRESSES.primary,
      ...(address6 === undefined ? {} : { address6 }),
      port: 0,
      folder: join(folder, PRIMARY.name),
      role: 'active',
    });
    try {
      const standby = await startSite({
        name: STANDBY.name,
        address: ADDRESSES.standby,
        port: primary.port,
        folder: join(folder, STANDBY.name),
        role: 'standby',
      });
      return { primary, standby };
    } catch (error) {
      await primary.close();
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function firstRecords(v6: boolean, epoch: boolean) {
  const text = formatEpoch({ epoch: 1, active: PRIMARY.name, owner: 'r-sandbox' });
  return [
    { name: RECORD, type: 'A', ttlS: 5, values: [ADDRESSES.primary] },
    ...(v6 ? [{ name: RECORD, type: 'AAAA', ttlS: 5, values: [V6] }] : []),
    ...(epoch ? [{ name: EPOCH_RECORD, type: 'TXT', ttlS: 5, values: [`"${text}"`] }] : []),
  ];
}

/**
 * Starts the whole world. @returns when every part of it answers
 * @throws UnderstudyError `sandbox-listener` when an address cannot be had; nothing is left running then
 */
export async function startWorld(options: WorldOptions): Promise<SandboxWorld> {
  const openings = new Openings();
  try {
    return await open(options, openings);
  } catch (error) {
    await openings.closeAll();
    throw error;
  }
}

/** All servers of the world. */
async function startParts(
  options: WorldOptions,
  secrets: Secrets,
  v6: boolean,
  openings: Openings,
): Promise<Parts> {
  const sites = await startSites(options.folder, v6 ? V6 : undefined);
  const primary = await openings.open(Promise.resolve(sites.primary));
  const standby = await openings.open(Promise.resolve(sites.standby));
  const references: Listener[] = [];
  for (const address of v6 ? [ADDRESSES.reference, V6] : [ADDRESSES.reference])
    references.push(await openings.open(startListener({ kind: 'reference', address, port: 0 })));
  const hcloud = await openings.open(
    startHcloud({
      token: secrets.hcloudToken,
      servers: [
        { id: PRIMARY.server, name: PRIMARY.name, ipv4: ADDRESSES.primary, ...(v6 ? { ipv6: V6 } : {}) },
      ],
    }),
  );
  // A power command of the API is carried out on the real processes before it is reported done.
  hcloud.onPower((_id, power) => (power === 'off' ? primary.powerOff() : primary.powerOn()));
  const route53 = await openings.open(
    startRoute53({
      zones: [{ id: ZONE_ID, name: ZONE_NAME, records: firstRecords(v6, options.epoch ?? true) }],
      accessKeyId: secrets.awsAccessKeyId,
      secretAccessKey: secrets.awsSecretAccessKey,
      insyncMs: options.insyncMs ?? 100,
    }),
  );
  const nameserver = await openings.open(startNameserver({ zones: route53.zones }));
  return { primary, standby, references, hcloud, route53, nameserver, token: secrets.hcloudToken };
}

async function open(options: WorldOptions, openings: Openings): Promise<SandboxWorld> {
  const secrets = options.secrets ?? madeUpSecrets();
  const v6 = hasV6();
  const parts = await startParts(options, secrets, v6, openings);
  const { primary, standby, references, hcloud, route53, nameserver } = parts;
  const configFile = join(options.folder, 'understudy.yaml');
  const places: ConfigParts = {
    hcloudUrl: hcloud.url,
    route53Url: route53.url,
    nameserver: nameserver.address,
    references: references.map(
      ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`,
    ),
    port: primary.port,
    primary: { ipv4: ADDRESSES.primary, ipv6: v6 ? V6 : null, commands: primary.commands },
    standby: { ipv4: ADDRESSES.standby, commands: standby.commands },
    webhookUrl: options.webhookUrl ?? null,
  };
  const writeConfig = (changes?: ConfigChanges) =>
    writeFileSync(configFile, renderConfig(places, changes), { mode: 0o600 });
  writeConfig(options.config);
  const names = Object.entries(SECRET_NAMES) as [keyof Secrets, string][];
  return {
    primary,
    standby,
    references,
    hcloud,
    route53,
    nameserver,
    configFile,
    writeConfig,
    env: Object.fromEntries(names.map(([secret, name]) => [name, secrets[secret]])),
    answers: () => ask(nameserver),
    ...deeds(parts),
    close: () => openings.closeAll(),
  };
}
