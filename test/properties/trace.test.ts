/**
 * A trace may come from anybody. Whatever the file holds, it is read as what it says, or refused with its name, the line,
 * and what is wrong there; what was read can be written and read again.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readTrace, type Trace } from '../../src/replay/trace.ts';
import { byteEdits, mutateBytes } from './bytes.ts';
import { assertGoodError, assertNoSecret, property, thrownBy } from './harness.ts';
import { jsonMutation, mutateJson } from './json.ts';

const file = import.meta.url;
const NAME = 'march.jsonl';
const START = 1_800_000_000_000;
const TTL = { ttlS: 60 };
const EPOCH = {
  name: '_understudy-web.example.org',
  type: 'TXT',
  ...TTL,
  values: ['"v=1 epoch=7 active=home owner=r-1"'],
};

const HEADER = {
  format: 'understudy-trace',
  version: 1,
  service: 'web',
  runner: 'lab',
  from: START,
  to: START + 3_600_000,
  thinned: 'nothing',
  sites: ['home', 'away'],
};
const SAMPLE = { type: 'sample', site: 'home', probe: 'http', family: 'v4', vantage: 'local', tookMs: 1.5 };
const LINES: readonly Readonly<Record<string, unknown>>[] = [
  { ...SAMPLE, at: START, ok: true, facts: { status: 200 } },
  { ...SAMPLE, at: START + 1, ok: false, failure: 'refused', detail: 'connection refused' },
  { type: 'reference', reference: '192.0.2.1:53', family: 'v4', at: START + 2, tookMs: 2, ok: true },
  { type: 'host', site: 'home', at: START + 3, power: 'running', blocked: { v4: true, v6: null } },
  { type: 'host', site: 'home', at: START + 4, error: 'HTTP 503' },
  {
    type: 'zone',
    at: START + 5,
    view: {
      epochSet: EPOCH,
      epoch: { epoch: 7, active: 'home', owner: 'r-1' },
      records: [{ name: 'www.example.org', type: 'A', ...TTL, values: ['192.0.2.1'] }],
    },
  },
  { type: 'freshness', site: 'away', at: START + 6, lagMs: 400 },
  {
    type: 'run',
    at: START + 7,
    endedAt: START + 8,
    id: 'r-2',
    kind: 'failover',
    from: 'home',
    to: 'away',
    automatic: true,
    status: 'done',
    flipped: true,
  },
];

const ALL = [HEADER, ...LINES];

function textOf(lines: readonly unknown[]): string {
  return `${lines.map(line => JSON.stringify(line)).join('\n')}\n`;
}

function assertWhole({ header, events }: Trace): void {
  let last = header.from;
  for (const { item } of events) {
    assert.ok(item.at >= last && item.at <= header.to, 'time goes on, within the header');
    last = item.at;
    if ('site' in item) assert.ok(header.sites.includes(item.site));
    assert.equal(Object.getPrototypeOf(item), Object.prototype);
  }
  const again = textOf([
    header,
    ...events.map(({ type, item }) => {
      const { service: _same, ...rest } = { service: '', ...item };
      return { type, ...rest };
    }),
  ]);
  assert.deepEqual(readTrace(again, NAME), { header, events });
}

/** @param line that it must name; null: any */
async function check(text: string, line: number | null): Promise<void> {
  let read: Trace | null = null;
  const thrown = await thrownBy(async () => {
    read = readTrace(text, NAME);
  });
  const trace = read as Trace | null;
  if (trace !== null) return assertWhole(trace);
  const error = assertGoodError(thrown, /^march\.jsonl:[1-9][0-9]*: ./);
  assert.equal(error.code, 'trace-invalid');
  assertNoSecret(error.message, 'the message');
  assert.ok(error.message.length < 600, `${error.message.length} characters`);
  if (line !== null) assert.match(error.message, new RegExp(`^march\\.jsonl:${line}: `));
}

describe('property: traces', () => {
  it('as they are written are read', () => assertWhole(readTrace(textOf(ALL), NAME)));

  property(
    'a line, mutated: read, or refused at that line',
    fc.record({ at: fc.nat({ max: ALL.length - 1 }), mutation: jsonMutation }),
    async ({ at, mutation }) => {
      const made = mutateJson(ALL[at], mutation).toString();
      const lines = ALL.map((line, index) => (index === at ? made : JSON.stringify(line)));
      // A wrong header shows at the lines that it does not fit; so does an instant that was put ahead of its time.
      const elsewhere = at === 0 || made.includes('\n') || readsAlone(at, made);
      await check(`${lines.join('\n')}\n`, elsewhere ? null : at + 1);
    },
    { file },
  );

  property(
    'the whole file, mutated: read, or refused at a line',
    byteEdits,
    edits => check(mutateBytes(Buffer.from(textOf(ALL)), edits).toString(), null),
    { file },
  );

  property(
    'lines dropped, doubled and put elsewhere: read in order of time, or refused at a line',
    fc.array(fc.nat({ max: ALL.length - 1 }), { maxLength: 12 }),
    async order => check(textOf(order.map(index => ALL[index])), null),
    { file },
  );
});

/** Whether the line by itself, after the header, is in order: then a refusal may come from one that follows. */
function readsAlone(at: number, made: string): boolean {
  try {
    readTrace(`${JSON.stringify(ALL[0])}\n${made}\n`, NAME);
    return at > 0;
  } catch {
    return false;
  }
}
