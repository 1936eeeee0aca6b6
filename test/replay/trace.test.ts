import assert from 'node:assert/strict';
import type { Evidence } from '../../src/model/state.ts';
import { UnderstudyError } from '../../src/ports/errors.ts';
import { readTrace, type Trace, type TraceHeader, type TraceRun } from '../../src/replay/trace.ts';
import { eventsOf, traceLines } from '../../src/replay/write.ts';

const HEADER: TraceHeader = {
  format: 'understudy-trace',
  version: 1,
  service: 'web',
  runner: 'arbiter',
  from: 1000,
  to: 9000,
  thinned: 'nothing',
  sites: ['home', 'away'],
};

const SET = { name: '_understudy-web.example.org', type: 'TXT', ttlS: 60, values: ['"v=1 …"'] } as const;
const A = { name: 'www.example.org', type: 'A', ttlS: 60, values: ['127.0.0.11'] } as const;
const place = { service: 'web', site: 'home', probe: 'http', family: 'v4', vantage: 'local' } as const;

const EVIDENCE: Evidence = {
  samples: [
    { ...place, at: 1000, tookMs: 1.5, ok: true, facts: { status: 200, banner: 'x', tls: true } },
    { ...place, at: 3000, tookMs: 500, ok: false, failure: 'timeout', detail: 'no answer "yet"\\' },
  ],
  references: [
    { reference: '[::1]:53', family: 'v6', at: 3000, tookMs: 2, ok: true },
    { reference: '127.0.0.1:53', family: 'v4', at: 3000, tookMs: 500, ok: false, failure: 'timeout' },
  ],
  hosts: [
    { service: 'web', site: 'home', at: 2000, power: 'running', blocked: { v4: true, v6: null } },
    { service: 'web', site: 'away', at: 2000, error: 'the API said 503' },
  ],
  zones: [
    {
      service: 'web',
      at: 2500,
      view: { epochSet: SET, epoch: { epoch: 3, active: 'home', owner: 'r-1' }, records: [A] },
    },
    { service: 'web', at: 2600, view: { epochSet: null, epoch: null, records: [] } },
    {
      service: 'web',
      at: 2700,
      view: { epochSet: SET, epoch: null, epochProblem: 'version 2', records: [A] },
    },
    { service: 'web', at: 2800, error: 'timeout' },
  ],
  freshness: [
    { service: 'web', site: 'away', at: 2000, lagMs: 4000 },
    { service: 'web', site: 'away', at: 4000, error: 'ended with status 1' },
  ],
};

const RUN: TraceRun = {
  at: 3500,
  endedAt: 9500,
  id: 'r-7k2m9q4x1d3f',
  kind: 'failover',
  from: 'home',
  to: 'away',
  automatic: true,
  status: 'done',
  flipped: true,
};

const good = () => [...traceLines(HEADER, eventsOf(EVIDENCE, [RUN], HEADER))].join('');

/** The message for a trace whose line `number` (from 1) is changed. */
function refusal(number: number, change: (line: Record<string, unknown>) => unknown): string {
  const lines = good().trimEnd().split('\n');
  const changed = change(JSON.parse(lines[number - 1] ?? '') as Record<string, unknown>);
  lines[number - 1] = typeof changed === 'string' ? changed : JSON.stringify(changed);
  return refused(`${lines.join('\n')}\n`);
}

function refused(text: string): string {
  try {
    readTrace(text, 'march.jsonl');
  } catch (thrown) {
    assert.ok(thrown instanceof UnderstudyError, String(thrown));
    assert.equal(thrown.code, 'trace-invalid');
    return thrown.message;
  }
  return assert.fail('it was taken');
}

function lineOf(type: string): number {
  return (
    good()
      .split('\n')
      .findIndex(line => line.startsWith(`{"type":"${type}"`)) + 1
  );
}

describe('a trace', () => {
  it('is read as it was written, every kind of evidence, in order of time', () => {
    const { header, events }: Trace = readTrace(good(), 'march.jsonl');
    assert.deepEqual(header, HEADER);
    assert.deepEqual(events, eventsOf(EVIDENCE, [RUN], HEADER));
    const of = (type: string) => events.filter(event => event.type === type).map(event => event.item);
    assert.deepEqual(of('sample'), EVIDENCE.samples);
    assert.deepEqual(of('zone'), EVIDENCE.zones);
    assert.deepEqual(of('run'), [RUN]);
    assert.deepEqual(
      events.map(({ item }) => item.at),
      events.map(({ item }) => item.at).toSorted((a, b) => a - b),
    );
  });

  it('takes only what lies in its time', () => {
    const events = eventsOf(EVIDENCE, [], { from: 2500, to: 2800 });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['zone', 'zone', 'zone', 'zone'],
    );
  });

  it('is written so that it can be read, whatever JSON made of the store', () => {
    const odd = JSON.parse(
      JSON.stringify({
        ...EVIDENCE,
        samples: [{ ...EVIDENCE.samples[0], detail: '', facts: { ends: Number.NaN, status: 1 } }],
        freshness: [{ ...EVIDENCE.freshness[0], lagMs: Number.POSITIVE_INFINITY }],
        hosts: [{ ...EVIDENCE.hosts[1], error: `${'long '.repeat(2000)}` }],
      }),
    ) as Evidence;
    const { events } = readTrace([...traceLines(HEADER, eventsOf(odd, [], HEADER))].join(''), 'x');
    assert.deepEqual(events.find(({ type }) => type === 'sample')?.item, {
      ...place,
      at: 1000,
      tookMs: 1.5,
      ok: true,
      facts: { status: 1 },
    });
    assert.equal(events.length, 1 + 2 + 1 + 4 + 1);
  });

  it('may lack the last line end, and be of the header alone', () => {
    assert.equal(readTrace(good().trimEnd(), 'x').events.length, 13);
    assert.equal(readTrace(JSON.stringify(HEADER), 'x').events.length, 0);
  });
});

describe('a trace that is not taken', () => {
  const sample = lineOf('sample');
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ['empty', () => refused(''), /^march\.jsonl:1: the file is empty; allowed: a header line$/],
    [
      'no JSON',
      () => refusal(3, () => '{"type":'),
      /^march\.jsonl:3: the line is not JSON; allowed: one JSON/,
    ],
    ['an empty line', () => refusal(3, () => ''), /^march\.jsonl:3: the line is not JSON/],
    [
      'a list',
      () => refusal(2, () => [1]),
      /^march\.jsonl:2: the line is a list of 1; allowed: a JSON object$/,
    ],
    [
      'another format',
      () => refusal(1, line => ({ ...line, format: 'x' })),
      /:1: format is "x"; allowed: understudy-trace$/,
    ],
    ['a later version', () => refusal(1, line => ({ ...line, version: 2 })), /:1: version is 2; allowed: 1$/],
    [
      'ends before it begins',
      () => refusal(1, line => ({ ...line, to: 5 })),
      /:1: to is 5; allowed: a whole number from 1000/,
    ],
    ['no site', () => refusal(1, line => ({ ...line, sites: [] })), /:1: sites is empty/],
    [
      'a site twice',
      () => refusal(1, line => ({ ...line, sites: ['a', 'a'] })),
      /:1: sites\[1\] is not a name of its own/,
    ],
    [
      'an unknown type',
      () => refusal(2, line => ({ ...line, type: 'guess' })),
      /:2: type is "guess"; allowed: sample, reference, host, zone, freshness, run$/,
    ],
    [
      'an unknown key',
      () => refusal(sample, line => ({ ...line, sevice: 'x' })),
      /the line has the key "sevice", which is not known here; allowed: type, site/,
    ],
    [
      'an unknown site',
      () => refusal(sample, line => ({ ...line, site: 'moon' })),
      /: site is "moon"; allowed: home, away$/,
    ],
    [
      'an unknown family',
      () => refusal(sample, line => ({ ...line, family: 'v5' })),
      /: family is "v5"; allowed: v4, v6$/,
    ],
    [
      'a text for a truth',
      () => refusal(sample, line => ({ ...line, ok: 'yes' })),
      /: ok is "yes"; allowed: true, false$/,
    ],
    [
      'a huge duration',
      () => refusal(sample, line => ({ ...line, tookMs: 1e99 })),
      /: tookMs is 1e\+99; allowed: a number from 0 to 3600000$/,
    ],
    [
      'a part of a ms',
      () => refusal(sample, line => ({ ...line, at: 1000.5 })),
      /: at is 1000\.5; allowed: a whole number from 1000 to 9000$/,
    ],
    [
      'before its time',
      () => refusal(sample, line => ({ ...line, at: 10 })),
      /: at is 10; allowed: a whole number from 1000 to 9000$/,
    ],
    [
      'time that goes back',
      () => refusal(sample, line => ({ ...line, at: 9000 })),
      /:3: at is 2000: time goes back; allowed: from 9000 on/,
    ],
    [
      'a fact that is a tree',
      () => refusal(sample, line => ({ ...line, facts: { a: {} } })),
      /: facts\.a is an object; allowed: a number/,
    ],
    [
      'a fact of a bad name',
      () =>
        refusal(
          sample,
          () =>
            `{"type":"sample","at":1000,"site":"home","probe":"http","family":"v4","vantage":"local","tookMs":1,"ok":true,"facts":{"__proto__":1}}`,
        ),
      /facts has the key "__proto__"/,
    ],
    [
      'a missing field',
      () => refusal(lineOf('reference'), ({ reference: _, ...line }) => line),
      /: reference is nothing; allowed: text of 1 to 255/,
    ],
    [
      'an unknown power',
      () => refusal(lineOf('host'), line => ({ ...line, power: 'on' })),
      /: power is "on"; allowed: running, off/,
    ],
    [
      'a flag of another family',
      () => refusal(lineOf('host'), line => ({ ...line, blocked: { v4: true, v6: true, v8: true } })),
      /: blocked has the key "v8"/,
    ],
    [
      'an address set of a strange type',
      () =>
        refusal(lineOf('zone'), line => ({
          ...line,
          view: { epochSet: null, epoch: null, records: [{ ...A, type: 'MX' }] },
        })),
      /: view\.records\[0\]\.type is "MX"; allowed: A, AAAA$/,
    ],
    [
      'an epoch without its record',
      () =>
        refusal(lineOf('zone'), line => ({
          ...line,
          view: { epochSet: null, epoch: { epoch: 1, active: 'home', owner: 'x' }, records: [] },
        })),
      /: view\.epoch stands without its record set/,
    ],
    [
      'an epoch of nought',
      () =>
        refusal(lineOf('zone'), line => ({
          ...line,
          view: { epochSet: SET, epoch: { epoch: 0, active: 'home', owner: 'x' }, records: [] },
        })),
      /: view\.epoch\.epoch is 0; allowed: a whole number from 1/,
    ],
    [
      'data from the future',
      () => refusal(lineOf('freshness'), line => ({ ...line, lagMs: -1 })),
      /: lagMs is -1; allowed: a number from 0/,
    ],
    [
      'a run that ends first',
      () => refusal(lineOf('run'), line => ({ ...line, endedAt: 5 })),
      /: endedAt is 5; allowed: a whole number from 3500/,
    ],
    [
      'a run that is open',
      () => refusal(lineOf('run'), line => ({ ...line, status: 'running' })),
      /: status is "running"; allowed: done, unverified/,
    ],
    [
      'an endless line',
      () => refusal(2, () => `"${'x'.repeat(70_000)}"`),
      /:2: the line has 70002 characters; allowed: at most 65536$/,
    ],
  ];
  for (const [name, make, wanted] of cases) it(name, () => assert.match(make(), wanted));

  it('shows nothing that would garble a terminal, and not much of what stands there', () => {
    const message = refusal(sample, line => ({ ...line, site: `\u001b[2J\u202e\n${'x'.repeat(5000)}` }));
    assert.match(message, /site is "\?\[2J\?\?xxx/);
    assert.ok(message.length < 200, message);
    assert.doesNotMatch(refused('"\\u001b[2J"'), /\u001b/);
  });
});
