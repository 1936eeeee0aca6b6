/**
 * Everything the config refuses or warns of, one row each: one change to a valid config, and the one problem that it
 * must bring, at the place of the change. A second problem fails the row: one slip is told once.
 */
import assert from 'node:assert/strict';
import type { Catalog } from '../../src/config/catalog.ts';
import { CATALOG } from '../../src/config/catalog.ts';
import { canaries } from '../secrets.ts';
import type { World } from './helper.ts';
import { changed, content, ENV, FULL, problemsOf } from './helper.ts';

interface Row {
  /** What is changed into what; several pairs where one alone would bring a second problem. */
  readonly change: readonly (readonly [string, string])[];
  readonly path: string;
  readonly message: RegExp;
  readonly severity?: 'warning';
  readonly value?: string | null;
  readonly allowed?: RegExp;
  readonly nearest?: string;
  /** Text on the line that the problem must point at; by default what the first change put there. */
  readonly line?: string;
  readonly world?: World;
}

const WEB = 'services.web';
const HOME = `${WEB}.sites[0]`;
const STANDBY = `${WEB}.sites[1]`;

/** Vendors that lack what the real ones have. */
const POOR: Catalog = {
  ...CATALOG,
  hosts: {
    ...CATALOG.hosts,
    switchless: {
      title: 'Switchless Hosting',
      fields: {},
      capabilities: { lockFlag: false, powerOff: false, confirmsOff: false, powerOn: false },
    },
    hopeful: {
      title: 'Hopeful Hosting',
      fields: {},
      capabilities: { lockFlag: false, powerOff: true, confirmsOff: false, powerOn: true },
    },
  },
  dns: {
    ...CATALOG.dns,
    plain: {
      title: 'Plain DNS',
      fields: {},
      capabilities: { compareAndSwap: false, reportsPropagation: false },
    },
  },
};

const PROPOSING =
  '{ PROVIDER_LOCK: propose, UNREACHABLE: propose, PARTIAL_FAMILY: propose, FAMILY_RETURNED: propose }';
const PLAIN_DNS = [
  [
    'kind: route53\n    access_key_id: { env: AWS_ACCESS_KEY_ID }\n    secret_access_key: { file: /run/secrets/aws }',
    'kind: plain',
  ],
  ['zone: example.org, ', 'zone: example.org, allow_unguarded_dns: true, '],
] as const;

const KEYS: readonly Row[] = [
  {
    change: [['mode: act', 'mod: act']],
    path: 'mod',
    message: /not a key/,
    value: null,
    allowed: /^mode, state, /,
    nearest: 'mode',
  },
  {
    change: [['    block_window: 1h', '    block_windw: 1h']],
    path: `${WEB}.block_windw`,
    message: /not a key/,
    nearest: 'block_window',
  },
  {
    change: [['ipv4: 192.0.2.1,', 'ipv4: 192.0.2.1, ip6: x,']],
    path: 'services.irc.sites[0].ip6',
    message: /not a key/,
    nearest: 'ipv6',
  },
  {
    change: [['    retry_pause: 60s', '    ttl: 60s']],
    path: `${WEB}.ttl`,
    message: /belongs under services\.NAME\.dns/,
  },
  {
    change: [['{ env: HCLOUD_TOKEN }', '{ env: HCLOUD_TOKEN }\n    tokn: hunter22']],
    path: 'providers.hetzner.tokn',
    message: /not a key/,
    value: null,
    nearest: 'token',
    line: 'tokn:',
  },
  {
    change: [['starttls: true', 'startls: true']],
    path: `${WEB}.probes[1].startls`,
    message: /not a key/,
    nearest: 'starttls',
  },
  {
    change: [['{ DEGRADED: propose }', '{ degraded: propose }']],
    path: `${WEB}.policy.degraded`,
    message: /not a key/,
    nearest: 'DEGRADED',
  },
  { change: [['runner: arbiter-1', '"a.b": 1']], path: '["a.b"]', message: /not a key/ },
  { change: [['runner: arbiter-1', '__proto__: { mode: act }']], path: '__proto__', message: /not a key/ },
  {
    change: [['runner: arbiter-1', 'constructor: { prototype: { mode: act } }']],
    path: 'constructor',
    message: /not a key/,
  },
  { change: [['runner: arbiter-1', 'toString: 1']], path: 'toString', message: /not a key/ },
  { change: [['runner: arbiter-1', '"": 1']], path: '[""]', message: /not a key/ },
  {
    change: [['\n      provider: aws\n', '\n']],
    path: `${WEB}.dns.provider`,
    message: /is missing/,
    line: '    dns:',
  },
  {
    change: [['\n      provider: aws\n', '\n      provider:\n']],
    path: `${WEB}.dns.provider`,
    message: /is empty/,
    line: 'provider:\n      zone',
  },
  {
    change: [['mode: act', 'mode: atc']],
    path: 'mode',
    message: /not one of the words/,
    value: '"atc"',
    allowed: /^observe, propose, act$/,
    nearest: 'act',
  },
  {
    change: [['{ DEGRADED: propose }', '{ UNKNOWN: act }']],
    path: `${WEB}.policy.UNKNOWN`,
    message: /not one/,
    allowed: /^observe$/,
  },
  {
    change: [['down_when: all', 'down_when: most']],
    path: `${WEB}.thresholds.down_when`,
    message: /not one/,
    allowed: /^all, any$/,
  },
  {
    change: [['serve:\n  listen: 127.0.0.1:8053', 'serve: 8053']],
    path: 'serve',
    message: /is not a mapping/,
    line: 'serve: 8053',
  },
  { change: [['[irc]\n', 'irc\n']], path: 'services.irc.probes', message: /is not a list/ },
  {
    change: [['required: false', 'required: yes']],
    path: `${WEB}.probes[1].required`,
    message: /truth value/,
    value: '"yes"',
  },
  { change: [['port: 25,', 'port: 250000,']], path: `${WEB}.probes[1].port`, message: /more than 65535/ },
  { change: [['failures: 3', 'failures: 2.5']], path: `${WEB}.thresholds.failures`, message: /whole number/ },
  { change: [['failures: 3', 'failures: 0']], path: `${WEB}.thresholds.failures`, message: /less than 1/ },
  {
    change: [['kind: smtp', 'kind: smpt']],
    path: `${WEB}.probes[1].kind`,
    message: /not a kind/,
    nearest: 'smtp',
  },
  {
    change: [
      ['- https\n', '- htps\n'],
      ['required: false', 'required: true'],
    ],
    path: `${WEB}.probes[0]`,
    message: /not a kind/,
    nearest: 'https',
  },
  {
    change: [
      ['kind: hcloud', 'kind: hclod'],
      ['server: 4711', '#'],
      ['provider: hetzner', '#'],
      ['fence: power-off', 'fence: { method: wait, lease: 9s }'],
    ],
    path: 'providers.hetzner.kind',
    message: /not a kind/,
    nearest: 'hcloud',
  },
  {
    change: [['- kind: webhook', '- kind: irc']],
    path: 'sinks[0].kind',
    message: /not one/,
    allowed: /^webhook$/,
  },
];

const UNITS: readonly Row[] = [
  {
    change: [['ttl: 60s', 'ttl: 60']],
    path: `${WEB}.dns.ttl`,
    message: /has no unit: write 60s for seconds, 60m for minutes/,
    value: '"60"',
    allowed: /^a duration from 1s to 1d/,
  },
  {
    change: [['block_window: 1h', 'block_window: "90"']],
    path: `${WEB}.block_window`,
    message: /has no unit/,
  },
  {
    change: [['max_lag: 5m', 'max_lag: 5min']],
    path: `${STANDBY}.max_lag`,
    message: /unit that is not known: write 5m/,
  },
  {
    change: [['max_lag: 5m', 'max_lag: 5 m']],
    path: `${STANDBY}.max_lag`,
    message: /a blank before its unit: write 5m/,
  },
  { change: [['max_lag: 5m', 'max_lag: 5M']], path: `${STANDBY}.max_lag`, message: /write 5m/ },
  { change: [['max_lag: 5m', 'max_lag: 5w']], path: `${STANDBY}.max_lag`, message: /not known$/ },
  { change: [['max_lag: 5m', 'max_lag: -5m']], path: `${STANDBY}.max_lag`, message: /not a duration/ },
  { change: [['max_lag: 5m', 'max_lag: true']], path: `${STANDBY}.max_lag`, message: /not a duration/ },
  { change: [['ttl: 60s', 'ttl: 500ms']], path: `${WEB}.dns.ttl`, message: /less than 1s/ },
  { change: [['ttl: 60s', 'ttl: 1500ms']], path: `${WEB}.dns.ttl`, message: /whole seconds/ },
  { change: [['ttl: 60s', 'ttl: 10m']], path: `${WEB}.dns.ttl`, message: /old address/, severity: 'warning' },
  { change: [['promote: 5m,', 'promote: 2h,']], path: `${WEB}.limits.promote`, message: /more than 1h/ },
];

const SITES: readonly Row[] = [
  {
    change: [
      [
        'vendor: ovh\n        ipv4: 198.51.100.7',
        'provider: hetzner\n        server: 4711\n        ipv4: 198.51.100.7',
      ],
    ],
    path: `${STANDBY}.server`,
    message: /machine of site helsinki too/,
    value: '"4711"',
    line: 'server: 4711\n        ipv4: 198.51.100.7',
  },
  {
    change: [['ipv4: 192.0.2.2, ', '']],
    path: 'services.irc.sites[1]',
    message: /has no address/,
    line: 'name: away',
  },
  {
    change: [['ipv4: 192.0.2.2', 'ipv4: irc2.example.net']],
    path: 'services.irc.sites[1].ipv4',
    message: /is a name/,
  },
  {
    change: [['ipv4: 192.0.2.2', 'ipv4: 192.0.2.256']],
    path: 'services.irc.sites[1].ipv4',
    message: /not an IPv4 address/,
  },
  {
    change: [['ipv4: 192.0.2.2', 'ipv4: 192.0.2.2/24']],
    path: 'services.irc.sites[1].ipv4',
    message: /prefix length/,
  },
  {
    change: [['ipv4: 192.0.2.2', 'ipv4: 2001:db8::2']],
    path: 'services.irc.sites[1].ipv4',
    message: /belongs under ipv6/,
  },
  {
    change: [['ipv4: 192.0.2.2', 'ipv4: 0.0.0.0']],
    path: 'services.irc.sites[1].ipv4',
    message: /not the address of one machine/,
  },
  { change: [['2001:DB8:0::10', '::ffff:203.0.113.10']], path: `${HOME}.ipv6`, message: /IPv4-mapped/ },
  { change: [['2001:DB8:0::10', 'fe80::1%eth0']], path: `${HOME}.ipv6`, message: /has a zone/ },
  {
    change: [['ipv4: 192.0.2.2', 'ipv4: 192.0.2.1']],
    path: 'services.irc.sites[1].ipv4',
    message: /address of site home too/,
  },
  {
    change: [['name: away', 'name: home']],
    path: 'services.irc.sites[1].name',
    message: /name of an earlier site/,
  },
  { change: [['name: away', 'name: Away']], path: 'services.irc.sites[1].name', message: /capital letters/ },
  {
    change: [['name: away', 'name: a way']],
    path: 'services.irc.sites[1].name',
    message: /fits the epoch record/,
  },
  {
    change: [['provider: hetzner', 'provider: hetzer']],
    path: `${HOME}.provider`,
    message: /not among/,
    nearest: 'hetzner',
    allowed: /^hetzner$/,
  },
  {
    change: [['provider: hetzner', 'provider: aws']],
    path: `${HOME}.provider`,
    message: /hosts no machines/,
  },
  { change: [['server: 4711', '#']], path: HOME, message: /needs `server`/, line: 'name: helsinki' },
  { change: [['server: 4711', 'server: "47 11"']], path: `${HOME}.server`, message: /not an id/ },
  { change: [['vendor: ovh\n', 'server: 1\n']], path: `${STANDBY}.server`, message: /without `provider`/ },
  {
    change: [['server: 4711', 'server: 4711\n        vendor: hetzner']],
    path: `${HOME}.vendor`,
    message: /told by `provider`/,
    line: 'vendor: hetzner',
  },
  {
    change: [['fence: power-off', 'fence: none']],
    path: `${HOME}.fence`,
    message: /only with `stateless: true`/,
  },
  {
    change: [['fence: power-off', 'fence: poweroff']],
    path: `${HOME}.fence`,
    message: /not one/,
    nearest: 'power-off',
  },
  {
    change: [['vendor: ovh, ipv4: 192.0.2.2, fence: none', 'vendor: ovh, ipv4: 192.0.2.2, fence: power-off']],
    path: 'services.irc.sites[1].fence',
    message: /needs a `provider`/,
  },
  {
    change: [
      [
        'vendor: netcup, ipv4: 192.0.2.1, fence: { method: wait, lease: 30s }',
        'vendor: netcup, ipv4: 192.0.2.1',
      ],
      ['fence: none', 'fence: { method: wait, lease: 9s }'],
      ['stateless: true', 'stateless: false'],
    ],
    path: 'services.irc.sites[0]',
    message: /needs `fence`/,
    line: 'name: home',
  },
  { change: [['lease: 30s', 'margin: 30s']], path: 'services.irc.sites[0].fence', message: /needs `lease`/ },
  {
    change: [['lease: 30s', 'lease: 85s']],
    path: 'services.irc.sites[0].fence',
    message: /raise limits\.fence/,
  },
  {
    change: [[', check: [fence-it, status]', '']],
    path: `${STANDBY}.fence`,
    message: /needs `check`/,
    line: 'fence: { method: command, run: [fence-it, off] }',
  },
  {
    change: [
      ['method: command, ', 'method: wait, lease: 9s, '],
      [', check: [fence-it, status]', ''],
    ],
    path: `${STANDBY}.fence.run`,
    message: /means nothing with the method wait/,
  },
  {
    change: [['lease: 30s', 'lease: 30s, lock_counts: true']],
    path: 'services.irc.sites[0].fence.lock_counts',
    message: /no provider tells/,
  },
  {
    change: [
      ['freshness: [replica-age]', '#'],
      ['max_lag: 5m', '#'],
    ],
    path: `${STANDBY}.promote`,
    message: /age of its data is not checked/,
    severity: 'warning',
    line: 'promote:\n          - {',
  },
  {
    change: [
      ['freshness: [replica-age]', '#'],
      [
        '        promote:\n          - { name: db, run: [pg_ctlcluster, 15, main, promote], check: [psql, -c, select 1], limit: 90s }\n          - { name: web, run: [systemctl, start, nginx] }\n',
        '',
      ],
    ],
    path: `${STANDBY}.max_lag`,
    message: /never measured/,
    line: 'max_lag: 5m',
  },
  {
    change: [['limit: 90s', 'limit: 250s']],
    path: `${STANDBY}.promote`,
    message: /longer together than limits\.promote/,
    severity: 'warning',
    line: 'promote:\n          - {',
  },
  {
    change: [['limit: 15s', 'limit: 40s']],
    path: `${HOME}.snapshot`,
    message: /longer than its step/,
    severity: 'warning',
  },
  {
    change: [['- { name: web, run: [systemctl', '- { name: db, run: [systemctl']],
    path: `${STANDBY}.promote[1].name`,
    message: /earlier part/,
  },
  {
    change: [['[systemctl, stop, nginx]', 'systemctl stop nginx']],
    path: `${HOME}.quiesce`,
    message: /is not a list of words/,
  },
  {
    change: [['[systemctl, stop, nginx]', '[systemctl, stop, true]']],
    path: `${HOME}.quiesce[2]`,
    message: /truth value true/,
  },
  {
    change: [['ssh: root@203.0.113.10', 'ssh: 203.0.113.10']],
    path: `${HOME}.ssh`,
    message: /not an ssh target/,
  },
  {
    change: [['ssh: root@203.0.113.10', 'ssh: root@-oProxyCommand=x']],
    path: `${HOME}.ssh`,
    message: /not a host name/,
  },
  {
    change: [['ssh: root@203.0.113.10', 'ssh: -oX@203.0.113.10']],
    path: `${HOME}.ssh`,
    message: /not a login name/,
  },
  {
    change: [['ssh: root@203.0.113.10', 'ssh: root@www.example.org']],
    path: `${HOME}.ssh`,
    message: /name that the service moves/,
  },
  {
    change: [['identity: keys/id', 'identity: ~/.ssh/id']],
    path: `${STANDBY}.ssh.identity`,
    message: /starts with ~/,
  },
  {
    change: [['      - { name: away, vendor: ovh, ipv4: 192.0.2.2, fence: none }\n', '']],
    path: 'services.irc.sites',
    message: /one site only/,
    severity: 'warning',
    line: '    sites:\n      - { name: home',
  },
  {
    change: [['vendor: ovh, ipv4: 192.0.2.2', 'vendor: NetCup, ipv4: 192.0.2.2']],
    path: 'services.irc.sites[1].vendor',
    message: /hoster of the home site/,
    severity: 'warning',
  },
  {
    change: [['vendor: ovh\n', 'vendor: Hetzner\n']],
    path: `${STANDBY}.vendor`,
    message: /hoster of the home site/,
    severity: 'warning',
  },
  {
    change: [['vendor: ovh\n', 'provider: hetzner\n        server: 9\n']],
    path: `${STANDBY}.provider`,
    message: /account of the home site/,
    severity: 'warning',
    line: 'provider: hetzner\n        server: 9',
  },
  {
    change: [
      ['essential: [v4]', 'essential: [v4, v6]'],
      ['"[2620:fe::fe]:53"', '"[2620:fe::fe]:53"'],
    ],
    path: STANDBY,
    message: /no IPv6 address, which is essential/,
    severity: 'warning',
    line: 'name: standby',
  },
  {
    change: [['    stateless: true', '    stateless: true\n    essential: [v6]']],
    path: 'services.irc.essential[0]',
    message: /home site has no IPv6/,
    line: 'essential: [v6]',
  },
  {
    change: [['families: [v4]', 'families: [v5]']],
    path: `${WEB}.probes[1].families[0]`,
    message: /not a family/,
    nearest: 'v4',
  },
  {
    change: [['probes: [irc]', 'probes: [irc, { kind: tcp, port: 1, families: [v6] }]']],
    path: 'services.irc.probes[1].families[0]',
    message: /no site has an IPv6/,
  },
  {
    change: [['probes: [irc]', 'probes: [irc, irc]']],
    path: 'services.irc.probes[1]',
    message: /id of an earlier probe/,
  },
  {
    change: [['probes: [irc]', 'probes: [{ kind: irc, required: false }]']],
    path: 'services.irc.probes',
    message: /no required probe watches IPv4/,
  },
];

const NAMES: readonly Row[] = [
  {
    change: [['zone: Z0123456789ABC', 'zone: hostedzone/Z0123456789ABC']],
    path: `${WEB}.dns.zone`,
    message: /not the id of a zone/,
  },
  {
    change: [['zone: Z0123456789ABC', 'zone: ..']],
    path: `${WEB}.dns.zone`,
    message: /not the id of a zone/,
  },
  {
    change: [['zone: Z0123456789ABC', 'zone: a..b']],
    path: `${WEB}.dns.zone`,
    message: /not the id of a zone/,
  },
  {
    change: [['zone: Z0123456789ABC', 'zone: "Z1?x=y"']],
    path: `${WEB}.dns.zone`,
    message: /not the id of a zone/,
  },
  {
    change: [
      ['zone: Z0123456789ABC', 'zone: Z1111111111111111111111111111111111111111111111111111111111111111'],
    ],
    path: `${WEB}.dns.zone`,
    message: /more than 64 characters/,
  },
  {
    change: [['[irc.example.org]', '[irc.example.com]']],
    path: 'services.irc.dns.records[0]',
    message: /outside the zone/,
    value: '"irc.example.com"',
  },
  {
    change: [['[irc.example.org]', '[ircexample.org]']],
    path: 'services.irc.dns.records[0]',
    message: /outside the zone/,
  },
  { change: [['[irc.example.org]', '[irc]']], path: 'services.irc.dns.records[0]', message: /full name/ },
  {
    change: [['[irc.example.org]', '["*.example.org"]']],
    path: 'services.irc.dns.records[0]',
    message: /wildcard/,
  },
  {
    change: [['[irc.example.org]', '[irc.exämple.org]']],
    path: 'services.irc.dns.records[0]',
    message: /xn--/,
  },
  { change: [['[irc.example.org]', '[]']], path: 'services.irc.dns.records', message: /empty list/ },
  {
    change: [['[irc.example.org]', '[irc.example.org, IRC.example.org.]']],
    path: 'services.irc.dns.records[1]',
    message: /given twice/,
  },
  {
    change: [['[irc.example.org]', '[irc.example.org, www.example.org]']],
    path: 'services.irc.dns.records[1]',
    message: /record of the service web already: this one does not own it/,
  },
  {
    change: [['_epoch-irc.example.org', 'irc.example.org']],
    path: 'services.irc.dns.records[0]',
    message: /is the epoch record/,
  },
  {
    change: [['_epoch-irc.example.org', '_epoch.example.com']],
    path: 'services.irc.dns.epoch_record',
    message: /outside the zone/,
  },
  {
    change: [['_epoch-irc.example.org', '_understudy-web.example.org']],
    path: 'services.irc.dns.epoch_record',
    message: /epoch record of the service web already/,
  },
  {
    change: [['zone_name: example.org', '#']],
    path: `${WEB}.dns`,
    message: /needs `zone_name`/,
    line: '    dns:',
  },
  {
    change: [['provider: aws, zone: example.org', 'provider: hetzner, zone: example.org']],
    path: 'services.irc.dns.provider',
    message: /serves no DNS zones/,
    allowed: /^aws$/,
  },
  {
    change: [['["198.51.100.53:53"]', '[198.51.100.53]']],
    path: `${WEB}.dns.nameservers[0]`,
    message: /lacks the port/,
  },
  {
    change: [['["198.51.100.53:53"]', '[ns1.example.net:53]']],
    path: `${WEB}.dns.nameservers[0]`,
    message: /is a name/,
  },
  {
    change: [
      ['  irc:\n', '  Irc:\n'],
      ['_epoch-irc', '_epoch-irc'],
    ],
    path: 'services.Irc',
    message: /capital letters/,
  },
  { change: [['  irc:\n', '  irc_2:\n']], path: 'services.irc_2', message: /fits the epoch record/ },
  {
    change: [['runner: arbiter-1', 'runner: "my arbiter"']],
    path: 'runner',
    message: /fits the epoch record/,
  },
];

const SAFETY: readonly Row[] = [
  {
    change: [['token: { env: HCLOUD_TOKEN }', `token: ${canaries.password}`]],
    path: 'providers.hetzner.token',
    message: /secret written out/,
    value: null,
    allowed: /env: NAME/,
  },
  {
    change: [['token: { env: HCLOUD_TOKEN }', `token: { env: ${canaries.password} }`]],
    path: 'providers.hetzner.token.env',
    message: /not the name of an environment variable/,
    value: null,
  },
  {
    change: [['token: { env: HCLOUD_TOKEN }', 'token: { env: NO_SUCH }']],
    path: 'providers.hetzner.token.env',
    message: /not set/,
    value: '"NO_SUCH"',
  },
  {
    change: [['token: { env: HCLOUD_TOKEN }', 'token: {}']],
    path: 'providers.hetzner.token',
    message: /is empty/,
  },
  {
    change: [['token: { env: HCLOUD_TOKEN }', 'token: { env: HCLOUD_TOKEN, file: /x }']],
    path: 'providers.hetzner.token',
    message: /two places/,
  },
  {
    change: [['token: { env: HCLOUD_TOKEN }', 'token: { path: /x }']],
    path: 'providers.hetzner.token.path',
    message: /not a key/,
    allowed: /^env, file$/,
  },
  {
    change: [['/run/secrets/aws', `${canaries.password}`]],
    path: 'providers.aws.secret_access_key.file',
    message: /not an absolute path/,
    value: null,
  },
  ...[
    '/wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY',
    '/wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    '/hunter22',
  ].map((slip): Row => ({
    change: [['/run/secrets/aws', slip]],
    path: 'providers.aws.secret_access_key.file',
    message: /^this file cannot be read \(the secret itself must not stand here\)$/,
    value: null,
  })),
  {
    change: [['/run/secrets/aws', '/run/secrets/none']],
    path: 'providers.aws.secret_access_key.file',
    message: /no such file/,
    value: '"/run/secrets/none"',
  },
  {
    change: [['/run/secrets/aws', '/f']],
    path: 'providers.aws.secret_access_key.file',
    message: /is empty/,
    world: { files: { '/f': content(' \n') } },
  },
  {
    change: [['/run/secrets/aws', '/f']],
    path: 'providers.aws.secret_access_key.file',
    message: /more than one line/,
    world: { files: { '/f': content(`a\n${canaries.password}`) } },
  },
  {
    change: [['/run/secrets/aws', '/f']],
    path: 'providers.aws.secret_access_key.file',
    message: /it is no secret/,
    world: { files: { '/f': content('x'.repeat(20_000)) } },
  },
  {
    change: [['/run/secrets/aws', '/f']],
    path: 'providers.aws.secret_access_key.file',
    message: /everybody on this machine/,
    severity: 'warning',
    world: { files: { '/f': content('abcdef', 0o604) } },
  },
  {
    change: [['/run/secrets/aws', '/f']],
    path: 'providers.aws.secret_access_key.file',
    message: /others than its owner/,
    severity: 'warning',
    world: { files: { '/f': content('abcdef', 0o620) } },
  },
  {
    change: [['env: WEBHOOK_SECRET', 'env: EMPTY']],
    path: 'sinks[0].secret.env',
    message: /is empty/,
    world: { env: { ...ENV, EMPTY: ' ' } },
  },
  {
    change: [['env: WEBHOOK_SECRET', 'env: WORDS']],
    path: 'sinks[0].secret',
    message: /not a standard-webhooks key/,
    value: null,
    world: { env: { ...ENV, WORDS: 'no base64!' } },
  },
  {
    change: [['env: WEBHOOK_SECRET', 'env: SHORT']],
    path: 'sinks[0].secret',
    message: /is short/,
    severity: 'warning',
    world: { env: { ...ENV, SHORT: 'whsec_AAAA' } },
  },
  {
    change: [['https://irc.example.net/hook', 'https://www.example.org/hook']],
    path: 'sinks[0].url',
    message: /lives on the service web/,
    value: '"www.example.org"',
  },
  {
    change: [['https://irc.example.net/hook', 'https://203.0.113.10/hook']],
    path: 'sinks[0].url',
    message: /lives on the site helsinki/,
  },
  {
    change: [['https://irc.example.net/hook', '"https://[2001:db8::10]/hook"']],
    path: 'sinks[0].url',
    message: /lives on the site helsinki/,
  },
  {
    change: [['https://irc.example.net/hook', 'https://198.51.100.7/hook']],
    path: 'sinks[0].url',
    message: /lives on the site standby/,
    severity: 'warning',
  },
  {
    change: [['https://irc.example.net/hook', 'http://irc.example.net/hook']],
    path: 'sinks[0].url',
    message: /in the clear/,
    severity: 'warning',
  },
  {
    change: [['https://irc.example.net/hook', `https://me:${canaries.password}@irc.example.net/`]],
    path: 'sinks[0].url',
    message: /holds a login/,
    value: null,
  },
  {
    change: [['https://irc.example.net/hook', 'irc.example.net']],
    path: 'sinks[0].url',
    message: /not a URL/,
    value: null,
  },
  {
    change: [
      [
        'serve:\n',
        '  - { kind: webhook, url: https://two.example.net/, secret: { env: WEBHOOK_SECRET } }\nserve:\n',
      ],
    ],
    path: 'sinks[1]',
    message: /name of an earlier sink/,
    line: 'two.example.net',
  },
  {
    change: [['127.0.0.1:8053', '0.0.0.0:8053']],
    path: 'serve.listen',
    message: /open to others/,
    severity: 'warning',
  },
  { change: [['127.0.0.1:8053', 'example.net:8053']], path: 'serve.listen', message: /not address:port/ },
  { change: [['127.0.0.1:8053', '127.0.0.1']], path: 'serve.listen', message: /lacks the port/ },
  {
    change: [['"9.9.9.9:53"', '"203.0.113.10:443"']],
    path: 'observer.references[0]',
    message: /is the site helsinki of web/,
  },
  { change: [['"9.9.9.9:53"', '"9.9.9.9"']], path: 'observer.references[0]', message: /lacks the port/ },
  {
    change: [
      ['essential: [v4]', 'essential: [v6]'],
      ['["9.9.9.9:53", "[2620:fe::fe]:53"]', '["9.9.9.9:53"]'],
      ['        ipv4: 198.51.100.7\n', '        ipv4: 198.51.100.7\n        ipv6: 2001:db8::7\n'],
    ],
    path: 'observer.references',
    message: /web acts by itself on IPv6, but no reference/,
    line: 'references:',
  },
  {
    change: [
      ['["9.9.9.9:53", "[2620:fe::fe]:53"]', '["9.9.9.9:53"]'],
      ['ipv4: 192.0.2.1, fence: {', 'ipv4: 192.0.2.1, ipv6: 2001:db8::1, fence: {'],
    ],
    path: 'observer.references',
    message: /irc waits for home to give itself up, which is probed on IPv6 too, but no reference/,
    line: 'references:',
  },
  {
    change: [
      ['["9.9.9.9:53", "[2620:fe::fe]:53"]', '["9.9.9.9:53"]'],
      ['ipv4: 192.0.2.1, fence: {', 'ipv4: 192.0.2.1, ipv6: 2001:db8::1, fence: {'],
      ['    stateless: true', `    stateless: true\n    policy: ${PROPOSING}`],
    ],
    path: 'observer.references',
    message: /irc waits for home to give itself up, which is probed on IPv6 too, but no reference/,
    severity: 'warning',
    line: 'references:',
  },
  {
    change: [
      ...PLAIN_DNS,
      ['zone_name: example.org', 'zone_name: example.org\n      allow_unguarded_dns: false'],
    ],
    path: `${WEB}.dns.provider`,
    message: /no compare-and-swap/,
    line: 'provider: aws\n',
    world: { catalog: POOR },
  },
  {
    change: [['kind: hcloud\n    token: { env: HCLOUD_TOKEN }', 'kind: switchless']],
    path: `${HOME}.fence`,
    message: /Switchless Hosting cannot cut the power/,
    line: 'fence: power-off',
    world: { catalog: POOR },
  },
  {
    change: [['kind: hcloud\n    token: { env: HCLOUD_TOKEN }', 'kind: hopeful']],
    path: `${HOME}.fence`,
    message: /Hopeful Hosting cannot confirm/,
    line: 'fence: power-off',
    world: { catalog: POOR },
  },
  {
    change: [['providers:\n', 'providers:\n  spare: { kind: hcloud, token: { env: HCLOUD_TOKEN } }\n']],
    path: 'providers.spare',
    message: /used by no service/,
    severity: 'warning',
    line: 'spare:',
  },
];

const TIMING: readonly Row[] = [
  {
    change: [['fast: 1s', 'fast: 10s']],
    path: `${WEB}.pace.fast`,
    message: /not faster than the interval of 10s/,
    allowed: /^less than 10s$/,
  },
  {
    change: [['timeout: 3s', 'timeout: 12s']],
    path: `${WEB}.probes[1]`,
    message: /longer than the interval/,
    severity: 'warning',
  },
  {
    change: [
      ['stale: 5m', 'stale: 10s'],
      ['standby: 5m, providers: 5m', 'standby: 9s, providers: 9s'],
      ['failing_for: 10s', 'failing_for: 1s'],
    ],
    path: `${WEB}.pace.stale`,
    message: /shorter than the thresholds/,
    value: '"10s"',
    allowed: /^16s or more$/,
  },
  {
    change: [
      ['failures: 3', 'failures: 100'],
      ['stale: 5m', 'stale: 90s'],
      ['standby: 5m, providers: 5m', 'standby: 9s, providers: 9s'],
    ],
    path: `${WEB}.pace.stale`,
    message: /shorter/,
    allowed: /^104s or more$/,
    line: 'stale: 90s',
  },
  {
    change: [['standby: 5m', 'standby: 10m']],
    path: `${WEB}.pace.standby`,
    message: /stale after 5m/,
    severity: 'warning',
  },
  {
    change: [['providers: 5m', 'providers: 10m']],
    path: `${WEB}.pace.providers`,
    message: /stale after 5m/,
    severity: 'warning',
  },
];

function check(row: Row): void {
  const [first] = row.change;
  it(`${row.path}: ${JSON.stringify(first?.[1].slice(0, 60).replaceAll(canaries.password, '[canary]'))}`, async () => {
    const text = row.change.reduce(
      (config, [from, to]) => (from === to ? config : changed(from, to, config)),
      FULL,
    );
    const problems = await problemsOf(text, row.world);
    const [problem, ...more] = problems.filter(each => row.severity || each.severity === 'error');
    assert.ok(problem, 'no problem was found');
    assert.deepEqual(more, [], 'one slip, one problem');
    assert.equal(problem.path, row.path);
    assert.match(problem.message, row.message);
    assert.equal(problem.severity, row.severity ?? 'error');
    if (row.value !== undefined) assert.equal(problem.value, row.value);
    if (row.allowed) assert.match(problem.allowed ?? '', row.allowed);
    assert.equal(problem.nearest, row.nearest ?? null);
    const lines = text
      .split('\n')
      .slice(problem.line - 1)
      .join('\n');
    const wanted = row.line ?? (first?.[1].trim() || first?.[0]) ?? '';
    assert.ok(
      lines.split('\n').slice(0, wanted.split('\n').length).join('\n').includes(wanted),
      `line ${problem.line} is not the one with ${wanted}`,
    );
  });
}

describe('what the config refuses', () => {
  describe('keys and values', () => KEYS.forEach(check));
  describe('units', () => UNITS.forEach(check));
  describe('sites', () => SITES.forEach(check));
  describe('names', () => NAMES.forEach(check));
  describe('safety', () => SAFETY.forEach(check));
  describe('timing', () => TIMING.forEach(check));

  it('allows an unguarded DNS provider on request, with a warning', async () => {
    const text = PLAIN_DNS.reduce((config, [from, to]) => changed(from, to, config), FULL);
    const both = changed(
      'zone_name: example.org',
      'zone_name: example.org\n      allow_unguarded_dns: true',
      text,
    );
    const problems = await problemsOf(both, { catalog: POOR });
    assert.deepEqual(
      problems.map(problem => [problem.severity, problem.path]),
      [
        ['warning', 'services.web.dns.provider'],
        ['warning', 'services.irc.dns.provider'],
      ],
    );
  });

  it('asks for no reference where nothing acts by itself', async () => {
    const observed = changed('references: ["9.9.9.9:53", "[2620:fe::fe]:53"]', 'references: []');
    assert.deepEqual(
      (await problemsOf(observed)).map(problem => [problem.severity, problem.path]),
      [
        ['error', 'observer.references'],
        ['error', 'observer.references'],
      ],
    );
    const proposing = await problemsOf(changed('mode: act', 'mode: propose', observed));
    assert.deepEqual(
      proposing.map(problem => problem.severity),
      ['warning', 'warning'],
    );
  });

  it('tells all problems of a file at once, in its order', async () => {
    const text = changed('mode: act', 'mode: atc')
      .replace('ttl: 60s', 'ttl: 60')
      .replace('ipv4: 192.0.2.2', 'ipv4: nowhere')
      .replace('[www.example.org, example.org]', '[www, "*.example.org"]');
    assert.deepEqual(
      (await problemsOf(text)).map(problem => problem.path),
      [
        'mode',
        'services.web.dns.records[0]',
        'services.web.dns.records[1]',
        'services.web.dns.ttl',
        'services.irc.sites[1].ipv4',
      ],
    );
  });
});
