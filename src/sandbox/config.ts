/**
 * The config of the embedded world, as a real file: what a user would write, with the endpoints of the emulators in
 * place of the vendors' and a pace that suits an audience. Secrets are named by environment variable, as always.
 */
import { stringify } from 'yaml';
import type { SiteCommands } from './site/site.ts';

export const SERVICE = 'web';
export const ZONE_ID = 'Z0SANDBOX0000';
export const ZONE_NAME = 'example.org';
export const RECORD = 'www.example.org';
export const EPOCH_RECORD = `_understudy-${SERVICE}.${ZONE_NAME}`;
export const PRIMARY = { name: 'primary', server: 4711 } as const;
export const STANDBY = { name: 'standby' } as const;

/** Which variable holds which secret. */
export const SECRET_NAMES = {
  hcloudToken: 'HCLOUD_TOKEN',
  awsAccessKeyId: 'AWS_ACCESS_KEY_ID',
  awsSecretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  webhookSecret: 'WEBHOOK_SECRET',
} as const;

export interface ConfigParts {
  readonly hcloudUrl: string;
  readonly route53Url: string;
  /** `ip:port` */
  readonly nameserver: string;
  readonly references: readonly string[];
  readonly port: number;
  readonly primary: { readonly ipv4: string; readonly ipv6: string | null; readonly commands: SiteCommands };
  readonly standby: { readonly ipv4: string; readonly commands: SiteCommands };
  /** Where notices go; none when null. */
  readonly webhookUrl: string | null;
}

/** Keys of the config's top level and of its service, laid over what is written here. */
export interface ConfigChanges {
  readonly top?: Readonly<Record<string, unknown>>;
  readonly service?: Readonly<Record<string, unknown>>;
}

function serviceOf(parts: ConfigParts): Record<string, unknown> {
  const { port, primary, standby } = parts;
  return {
    dns: {
      provider: 'dns',
      zone: ZONE_ID,
      zone_name: ZONE_NAME,
      records: [RECORD],
      ttl: '5s',
      nameservers: [parts.nameserver],
    },
    probes: [{ kind: 'http', port, timeout: '500ms' }],
    sites: [
      {
        name: PRIMARY.name,
        provider: 'hetzner',
        server: PRIMARY.server,
        ipv4: primary.ipv4,
        ...(primary.ipv6 === null ? {} : { ipv6: primary.ipv6 }),
        fence: 'power-off',
        quiesce: primary.commands.quiesce,
      },
      {
        name: STANDBY.name,
        vendor: 'another hoster',
        ipv4: standby.ipv4,
        // Its hoster has no API here: after a switchover back it fences itself by giving up its lease.
        fence: { method: 'wait', lease: '2s', margin: '1s' },
        promote: [
          { name: 'web', run: standby.commands.promote, check: standby.commands.promoted, limit: '60s' },
        ],
        freshness: standby.commands.freshness,
        max_lag: '60s',
        catch_up: standby.commands.catchUp,
      },
    ],
    thresholds: { failures: 3, failing_for: '500ms', return_for: '2s' },
    pace: { interval: '1s', fast: '250ms', standby: '2s', providers: '5s', stale: '30s' },
  };
}

/** @returns the YAML text */
export function renderConfig(parts: ConfigParts, changes: ConfigChanges = {}): string {
  const config = {
    mode: 'act',
    state: 'state.db',
    runner: 'sandbox',
    observer: { references: parts.references, timeout: '500ms' },
    providers: {
      hetzner: {
        kind: 'hcloud',
        endpoint: parts.hcloudUrl,
        token: { env: SECRET_NAMES.hcloudToken },
        request_timeout: '2s',
        poll_interval: '50ms',
      },
      dns: {
        kind: 'route53',
        endpoint: parts.route53Url,
        access_key_id: { env: SECRET_NAMES.awsAccessKeyId },
        secret_access_key: { env: SECRET_NAMES.awsSecretAccessKey },
        request_timeout: '2s',
      },
    },
    ...(parts.webhookUrl === null
      ? {}
      : {
          sinks: [{ kind: 'webhook', url: parts.webhookUrl, secret: { env: SECRET_NAMES.webhookSecret } }],
        }),
    ...changes.top,
    services: { [SERVICE]: { ...serviceOf(parts), ...changes.service } },
  };
  return `# The embedded world of \`understudy demo\`. Everything in it is on this machine.\n${stringify(config)}`;
}
