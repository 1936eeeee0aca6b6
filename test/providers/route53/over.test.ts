/** The adapter over a client of one's own, in virtual time; and each error the SDK can throw, as failure.ts reads it. */
import assert from 'node:assert/strict';
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { GuardedChange } from '../../../src/model/plan.ts';
import type { ProviderErrorCode } from '../../../src/ports/errors.ts';
import { createApi } from '../../../src/providers/route53/api.ts';
import { failure } from '../../../src/providers/route53/failure.ts';
import { createClientOver, type Wire } from '../../../src/providers/route53/over.ts';
import { createOver } from '../../../src/providers/route53/route53.ts';
import { readSettings } from '../../../src/providers/route53/settings.ts';
import { VirtualClock } from '../../lab/clock.ts';
import { withoutRealTime } from '../real-time.ts';

const ZONE = 'Z0MEMORY';
const EPOCH_NAME = '_understudy.example.org';
const WWW = 'www.example.org';
const OLD: ResourceRecordSet = {
  Name: `${EPOCH_NAME}.`,
  Type: 'TXT',
  TTL: 60,
  ResourceRecords: [{ Value: '"v=1 epoch=4 active=site-a owner=r-4"' }],
};
const NEXT = { epoch: 5, active: 'site-b', owner: 'r-5' };
const CHANGE: GuardedChange = {
  epochName: EPOCH_NAME,
  ttlS: 60,
  expectEpoch: {
    name: EPOCH_NAME,
    type: 'TXT',
    ttlS: 60,
    values: ['"v=1 epoch=4 active=site-a owner=r-4"'],
  },
  nextEpoch: { epoch: 5, active: 'site-b' },
  upserts: [{ name: WWW, type: 'A', ttlS: 60, values: ['192.0.2.2'] }],
  deletes: [],
};

/** What the SDK throws for a well-formed error of the vendor. */
function refusal(name: string, status: number, message = name): Error {
  const $fault = status >= 500 ? 'server' : 'client';
  return Object.assign(new Error(message), { name, $fault, $metadata: { httpStatusCode: status } });
}

function network(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall ?? 'read'} ${code}`), { code, syscall });
}

const never = () => new Promise<never>(() => {});

/** A zone in memory. `next` may answer in its place, once for each entry. */
function inMemory() {
  const clock = new VirtualClock();
  const context = { clock, random: () => 0 };
  const settings = readSettings({});
  const start = clock.now();
  const log: string[] = [];
  const next: (<T>(done: () => T) => Promise<T>)[] = [];
  const zone = new Map([[`${EPOCH_NAME} TXT`, OLD]]);
  const call = <T>(what: string, done: () => T): Promise<T> => {
    log.push(`${clock.now() - start} ${what}`);
    const instead = next.shift();
    return instead === undefined ? (async () => done())() : instead(done);
  };
  const wire: Wire = {
    listResourceRecordSets: input =>
      call(`list ${input.StartRecordName} ${input.StartRecordType}`, () => {
        const set = zone.get(`${input.StartRecordName} ${input.StartRecordType}`);
        return { ResourceRecordSets: set === undefined ? [] : [set], IsTruncated: false };
      }),
    changeResourceRecordSets: input =>
      call('change', () => {
        apply(zone, input.ChangeBatch?.Changes ?? []);
        return { ChangeInfo: { Id: '/change/C1', Status: 'PENDING', SubmittedAt: undefined } };
      }),
    getChange: input =>
      call(`status ${input.Id}`, () => ({
        ChangeInfo: { Id: input.Id, Status: 'INSYNC', SubmittedAt: undefined },
      })),
    getHostedZone: input => call(`zone ${input.Id}`, () => ({})),
  };
  const provider = createOver(createApi(settings, context, createClientOver(wire)), settings, context);
  const run = <T>(work: (signal: AbortSignal) => Promise<T>) =>
    withoutRealTime(() => clock.drive(work(new AbortController().signal)));
  const elapsed = () => clock.now() - start;
  return { provider, run, elapsed, clock, log, next, zone };
}

/** All or nothing; a DELETE must match exactly. */
function apply(zone: Map<string, ResourceRecordSet>, changes: readonly Change[]): void {
  const key = ({ Name, Type }: ResourceRecordSet) => `${Name?.replace(/\.$/, '')} ${Type}`;
  const sets = changes.map(change => ({ action: change.Action, set: change.ResourceRecordSet }));
  for (const { action, set } of sets) {
    if (set === undefined || action !== 'DELETE') continue;
    const there = zone.get(key(set))?.ResourceRecords?.map(({ Value }) => Value);
    const asked = set.ResourceRecords?.map(({ Value }) => Value);
    if (JSON.stringify(there) !== JSON.stringify(asked)) throw refusal('InvalidChangeBatch', 400);
  }
  for (const { action, set } of sets) {
    if (set === undefined) continue;
    if (action === 'DELETE') zone.delete(key(set));
    else zone.set(key(set), set);
  }
}

describe('Route 53 over a wire: virtual time', () => {
  it('reads, flips and asks for the change through the four calls', async () => {
    const { provider, run, log, zone } = inMemory();
    const view = await run(signal => provider.read(ZONE, EPOCH_NAME, [WWW], signal));
    assert.deepEqual(view.epoch, { epoch: 4, active: 'site-a', owner: 'r-4' });
    const outcome = await run(signal => provider.swap(ZONE, CHANGE, NEXT, signal));
    assert.deepEqual(outcome, { outcome: 'applied', changeId: 'C1', confirmedBy: 'reply' });
    assert.deepEqual(zone.get(`${WWW} A`)?.ResourceRecords, [{ Value: '192.0.2.2' }]);
    assert.equal(await run(signal => provider.propagated('C1', signal)), true);
    await assert.rejects(
      run(signal => provider.nameservers(ZONE, signal)),
      { code: 'provider-garbage' },
    );
    assert.deepEqual(
      [...new Set(log.map(line => line.replace(/^\d+ /, '')))],
      [`list ${EPOCH_NAME} TXT`, `list ${WWW} A`, 'change', 'status C1', `zone ${ZONE}`],
    );
  });

  it('tries a throttled read again after growing pauses, and no more often than it may', async () => {
    const { provider, run, log, next } = inMemory();
    for (let i = 0; i < 3; i += 1) next.push(() => Promise.reject(refusal('Throttling', 400)));
    await assert.rejects(
      run(signal => provider.propagated('C1', signal)),
      { code: 'provider-throttled' },
    );
    assert.deepEqual(log, ['0 status C1', '150 status C1', '450 status C1']);
  });

  it('makes one attempt at a write, and reads back what became of it when the reply is lost', async () => {
    const { provider, run, log, next } = inMemory();
    next.push(done => {
      done();
      return Promise.reject(network('ECONNRESET'));
    });
    const outcome = await run(signal => provider.swap(ZONE, CHANGE, NEXT, signal));
    assert.deepEqual(outcome, { outcome: 'applied', changeId: null, confirmedBy: 'read-back' });
    assert.deepEqual(log, ['0 change', `0 list ${EPOCH_NAME} TXT`]);
  });

  it('ends a write that nobody answers at its deadline, and stays in doubt when the read-back finds the old epoch', async () => {
    const { provider, run, next, elapsed } = inMemory();
    next.push(never);
    await assert.rejects(
      run(signal => provider.swap(ZONE, CHANGE, NEXT, signal)),
      { code: 'provider-timeout', applied: 'unknown', message: /read back: the epoch is unchanged/ },
    );
    assert.equal(elapsed(), 5_000);
  });

  it('does not look at a write that lands when nobody waits any more; the next try finds it', async () => {
    const { provider, run, next, clock } = inMemory();
    next.push(done => clock.sleep(9_500).then(done), never);
    await assert.rejects(
      run(signal => provider.swap(ZONE, CHANGE, NEXT, signal)),
      { code: 'provider-timeout', applied: 'unknown', message: /reading back failed too/ },
    );
    await clock.drive(clock.sleep(1_000));
    const again = await run(signal => provider.swap(ZONE, CHANGE, NEXT, signal));
    assert.deepEqual(again, { outcome: 'applied', changeId: null, confirmedBy: 'read-back' });
  });

  it('knows a race that was lost', async () => {
    const { provider, run, zone } = inMemory();
    const theirs = '"v=1 epoch=5 active=site-c owner=r-other"';
    zone.set(`${EPOCH_NAME} TXT`, { ...OLD, ResourceRecords: [{ Value: theirs }] });
    const outcome = await run(signal => provider.swap(ZONE, CHANGE, NEXT, signal));
    assert.equal(outcome.outcome === 'lost' && outcome.current?.values[0], theirs);
  });

  it('takes the empty answer that the SDK makes of an HTML page for garbage', async () => {
    const { provider, run, next } = inMemory();
    for (let i = 0; i < 3; i += 1) next.push(done => Promise.resolve({ ...done(), ...EMPTY }));
    await assert.rejects(
      run(signal => provider.read(ZONE, EPOCH_NAME, [WWW], signal)),
      { code: 'provider-garbage' },
    );
  });
});

const EMPTY = { ResourceRecordSets: undefined, IsTruncated: undefined };

/** `no`: a write was certainly not done. */
type Row = readonly [
  thrown: unknown,
  code: ProviderErrorCode,
  applied: 'no' | 'unknown',
  retriable: boolean,
  timedOut?: boolean,
];

const cut = Object.assign(new Error('XML parse error'), { $metadata: { httpStatusCode: 200 } });
const page = (status: number) => refusal('Unknown', status, 'UnknownError');

const TABLE: Readonly<Record<string, Row>> = {
  Throttling: [refusal('Throttling', 400), 'provider-throttled', 'no', true],
  'too many': [refusal('TooManyRequestsException', 429), 'provider-throttled', 'no', true],
  PriorRequestNotComplete: [refusal('PriorRequestNotComplete', 400), 'provider-busy', 'no', true],
  AccessDenied: [refusal('AccessDenied', 403), 'provider-unauthorized', 'no', false],
  'clock of this machine': [refusal('RequestExpired', 400), 'provider-unauthorized', 'no', false],
  NoSuchHostedZone: [refusal('NoSuchHostedZone', 404), 'provider-not-found', 'no', false],
  NoSuchChange: [refusal('NoSuchChange', 404), 'provider-not-found', 'no', false],
  InvalidChangeBatch: [refusal('InvalidChangeBatch', 400), 'provider-rejected', 'no', false],
  InternalFailure: [refusal('InternalFailure', 500), 'provider-failed', 'unknown', true],
  ServiceUnavailable: [refusal('ServiceUnavailable', 503), 'provider-failed', 'unknown', true],
  'page of a proxy': [page(502), 'provider-garbage', 'unknown', true],
  'page of a proxy, refusing': [page(403), 'provider-garbage', 'unknown', true],
  'cut or no XML': [cut, 'provider-garbage', 'unknown', true],
  refused: [network('ECONNREFUSED', 'connect'), 'provider-unreachable', 'no', true],
  'no name': [network('ENOTFOUND', 'getaddrinfo'), 'provider-unreachable', 'no', true],
  'no route, all addresses': [
    new AggregateError([network('ENETUNREACH', 'connect')]),
    'provider-unreachable',
    'no',
    true,
  ],
  'never connected': [network('ETIMEDOUT', 'connect'), 'provider-timeout', 'no', true],
  reset: [network('ECONNRESET'), 'provider-unreachable', 'unknown', true],
  'broken pipe': [network('EPIPE', 'write'), 'provider-unreachable', 'unknown', true],
  'silent peer': [network('ETIMEDOUT'), 'provider-timeout', 'unknown', true],
  deadline: [new DOMException('Request aborted', 'AbortError'), 'provider-timeout', 'unknown', true, true],
  'no credentials': [
    Object.assign(new Error('none'), { name: 'CredentialsProviderError' }),
    'provider-unauthorized',
    'no',
    false,
  ],
};

describe('Route 53 failures', () => {
  for (const [name, [thrown, code, applied, retriable, timedOut = false]] of Object.entries(TABLE))
    it(`${name}: ${code}, ${applied === 'no' ? 'not applied' : 'in doubt'}`, () => {
      const redact = (text: string) => text;
      const write = failure('try', thrown, { write: true, timedOut, redact });
      assert.deepEqual([write.code, write.applied, write.retriable], [code, applied, retriable]);
      assert.equal(failure('try', thrown, { write: false, timedOut, redact }).applied, 'no');
    });
});
