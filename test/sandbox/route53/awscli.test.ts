/**
 * Debian's awscli, a Route 53 client that nobody here wrote, against the emulator: what an operator would type,
 * including the flip by hand with a right and a stale DELETE.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type Route53Emulator, startRoute53 } from '../../../src/sandbox/route53/emulator.ts';
import { FAULTS } from '../../../src/sandbox/route53/faults.ts';
import { canaries } from '../../secrets.ts';
import { makeWorkspace } from '../../workspace.ts';

const ZONE = 'Z0AWSCLI';
const EPOCH_NAME = '_understudy-web.example.org';

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('awscli against the Route 53 emulator', function () {
  // Each call starts a Python program, a second on a busy machine.
  this.timeout(60_000);
  let emulator: Route53Emulator;
  let now: number;
  const home = makeWorkspace('awscli');

  beforeEach(async () => {
    now = Date.UTC(2026, 10, 1);
    emulator = await startRoute53({
      zones: [
        { id: 'Z1OTHER', name: 'example.net' },
        {
          id: ZONE,
          name: 'example.org',
          records: [
            { name: 'www.example.org', type: 'A', ttlS: 60, values: ['192.0.2.1'] },
            { name: '*.example.org', type: 'A', ttlS: 60, values: ['192.0.2.3'] },
            { name: EPOCH_NAME, type: 'TXT', ttlS: 60, values: [text(1, 'r-1')] },
          ],
          nameservers: ['ns-1.example.test', 'ns-2.example.test'],
        },
      ],
      accessKeyId: canaries.awsAccessKeyId,
      secretAccessKey: canaries.awsSecretAccessKey,
      insyncMs: 30_000,
      now: () => now,
    });
  });
  afterEach(() => emulator.close());

  const aws = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> =>
    new Promise(resolve => {
      execFile(
        '/usr/bin/aws',
        ['--endpoint-url', emulator.url, '--output', 'json', 'route53', ...args],
        {
          env: {
            PATH: '/usr/bin:/bin',
            HOME: home,
            AWS_PAGER: '',
            AWS_MAX_ATTEMPTS: '1',
            AWS_DEFAULT_REGION: 'us-east-1',
            AWS_ACCESS_KEY_ID: canaries.awsAccessKeyId,
            AWS_SECRET_ACCESS_KEY: canaries.awsSecretAccessKey,
            ...env,
          },
        },
        (error, stdout, stderr) =>
          resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const answer = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await aws(args);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const change = (...changes: readonly object[]) => [
    'change-resource-record-sets',
    '--hosted-zone-id',
    ZONE,
    '--change-batch',
    JSON.stringify({ Changes: changes }),
  ];
  const epochChange = (action: string, epoch: number, owner: string) => ({
    Action: action,
    ResourceRecordSet: {
      Name: EPOCH_NAME,
      Type: 'TXT',
      TTL: 60,
      ResourceRecords: [{ Value: text(epoch, owner) }],
    },
  });

  it('lists zones, by id and by name, and the delegation set', async () => {
    const [zones, named, one] = await Promise.all([
      answer('list-hosted-zones'),
      answer('list-hosted-zones-by-name', '--dns-name', 'example.org', '--max-items', '1'),
      answer('get-hosted-zone', '--id', ZONE),
    ]);
    assert.deepEqual(
      zones.HostedZones.map((zone: { Id: string; Name: string }) => [zone.Id, zone.Name]),
      [
        ['/hostedzone/Z1OTHER', 'example.net.'],
        [`/hostedzone/${ZONE}`, 'example.org.'],
      ],
    );
    assert.equal(named.HostedZones[0].Id, `/hostedzone/${ZONE}`);
    assert.deepEqual(one.DelegationSet.NameServers, ['ns-1.example.test', 'ns-2.example.test']);
  });

  it('lists record sets in the order of reversed labels, in pages of its own choice', async () => {
    const list = ['list-resource-record-sets', '--hosted-zone-id', ZONE];
    const [all, paged, from] = await Promise.all([
      answer(...list),
      // awscli follows NextRecordName and NextRecordType by itself.
      answer(...list, '--page-size', '1'),
      answer(...list, '--start-record-name', EPOCH_NAME, '--start-record-type', 'TXT', '--max-items', '1'),
    ]);
    const names = all.ResourceRecordSets.map(
      (set: { Name: string; Type: string }) => `${set.Name} ${set.Type}`,
    );
    assert.deepEqual(names, [
      'example.org. NS',
      'example.org. SOA',
      '\\052.example.org. A',
      `${EPOCH_NAME}. TXT`,
      'www.example.org. A',
    ]);
    assert.deepEqual(paged.ResourceRecordSets, all.ResourceRecordSets);
    assert.deepEqual(from.ResourceRecordSets, [
      { Name: `${EPOCH_NAME}.`, Type: 'TXT', TTL: 60, ResourceRecords: [{ Value: text(1, 'r-1') }] },
    ]);
  });

  it('flips with the right DELETE, and sees PENDING become INSYNC', async () => {
    const address = {
      Action: 'UPSERT',
      ResourceRecordSet: {
        Name: 'www.example.org',
        Type: 'A',
        TTL: 60,
        ResourceRecords: [{ Value: '192.0.2.2' }],
      },
    };
    const { ChangeInfo } = await answer(
      ...change(epochChange('DELETE', 1, 'r-1'), epochChange('CREATE', 2, 'r-2'), address),
    );
    assert.equal(ChangeInfo.Status, 'PENDING');
    const zone = emulator.zone(ZONE);
    assert.deepEqual(zone.find(EPOCH_NAME, 'TXT')?.values, [text(2, 'r-2')]);
    assert.deepEqual(zone.find('www.example.org', 'A')?.values, ['192.0.2.2']);
    const served = () => zone.served().find(set => set.name === 'www.example.org.')?.values;
    assert.deepEqual(served(), ['192.0.2.1'], 'the name servers wait for INSYNC');
    now += 29_999;
    assert.equal((await answer('get-change', '--id', ChangeInfo.Id)).ChangeInfo.Status, 'PENDING');
    now += 1;
    assert.equal((await answer('get-change', '--id', ChangeInfo.Id)).ChangeInfo.Status, 'INSYNC');
    assert.deepEqual(served(), ['192.0.2.2']);
  });

  it("is refused with a stale DELETE, in the vendor's words, and nothing is changed", async () => {
    const before = emulator.zone(ZONE).sets();
    const { status, stderr } = await aws(
      change(epochChange('DELETE', 7, 'r-7'), epochChange('CREATE', 8, 'r-8')),
    );
    assert.notEqual(status, 0);
    const set = `resource record set [name='${EPOCH_NAME}.', type='TXT']`;
    assert.match(stderr, /\(InvalidChangeBatch\) when calling the ChangeResourceRecordSets operation/);
    assert.ok(
      stderr.includes(
        `: [Tried to delete ${set} but the values provided do not match the current values, Tried to create ${set} but it already exists]`,
      ),
      stderr,
    );
    assert.deepEqual(emulator.zone(ZONE).sets(), before);
  });

  it('is refused without the right key, and told of throttling', async () => {
    const zones = ['list-hosted-zones'];
    const [id, key] = await Promise.all([
      aws(zones, { AWS_ACCESS_KEY_ID: 'AKIAWRONGWRONGWRONG1' }),
      aws(zones, { AWS_SECRET_ACCESS_KEY: 'wrong' }),
    ]);
    assert.match(id.stderr, /InvalidClientTokenId/);
    assert.match(key.stderr, /SignatureDoesNotMatch/);
    emulator.faults.add(FAULTS.throttled);
    assert.match((await aws(zones)).stderr, /\(Throttling\).*Rate exceeded/);
  });
});

function text(epoch: number, owner: string): string {
  return `"v=1 epoch=${epoch} active=site-a owner=${owner}"`;
}
