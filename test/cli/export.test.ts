import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Change, Evidence } from '../../src/model/state.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { readTrace } from '../../src/replay/trace.ts';
import { canaryEnv } from '../secrets.ts';
import { assertNoSecrets, makeDesk } from './desk.ts';

const DAY_MS = 86_400_000;
const place = { service: 'web', site: 'home', probe: 'http', family: 'v4', vantage: 'local' } as const;

function evidence(now: number): Evidence {
  return {
    samples: [
      { ...place, at: now - 40 * DAY_MS, tookMs: 3, ok: true },
      { ...place, at: now - 2 * DAY_MS, tookMs: 3, ok: false, failure: 'refused' },
      { ...place, at: now - DAY_MS, tookMs: 3, ok: true },
    ],
    references: [],
    hosts: [{ service: 'web', site: 'home', at: now - DAY_MS, error: 'the API said 401' }],
    zones: [],
    freshness: [],
  };
}

const seen = (now = Date.now()): Change => ({ kind: 'evidence', service: 'web', evidence: evidence(now) });

describe('understudy export', () => {
  it('writes the evidence of a service to stdout, the last 30 days unless told otherwise', async () => {
    const desk = makeDesk();
    await desk.seed(seen());
    const { code, out, err } = await desk.type('export', 'web');
    assert.equal(code, EXIT.ok);
    const { header, events } = readTrace(out, 'stdout');
    assert.deepEqual([header.service, header.runner, header.sites], ['web', 'arbiter', ['home', 'away']]);
    assert.equal(header.to - header.from, 30 * DAY_MS);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['sample', 'host', 'sample'],
    );
    assert.equal(err, 'understudy: 3 lines of web\n');
    const all = await desk.type('export', 'web', '--since', '45d');
    assert.equal(readTrace(all.out, 'stdout').events.length, 4);
    const other = await desk.type('export', 'irc');
    assert.equal(readTrace(other.out, 'stdout').events.length, 0);
  });

  it('needs no secrets, and lets none through', async () => {
    const desk = makeDesk({ env: {} });
    await desk.seed(seen());
    assert.equal((await desk.type('export', 'web')).code, EXIT.ok);
    const rich = makeDesk({ env: canaryEnv });
    await rich.seed(seen());
    const file = join(rich.dir, 'web.jsonl');
    await rich.type('export', 'web', '--output', file);
    assertNoSecrets(readFileSync(file, 'utf8'));
  });

  it('writes a file whole, for its owner only, and takes the place of an older one', async () => {
    const desk = makeDesk();
    await desk.seed(seen());
    const file = join(desk.dir, 'web.jsonl');
    writeFileSync(file, '{"format":"understudy-trace","version":1}\n', { mode: 0o644 });
    assert.equal((await desk.type('export', 'web', '--output', file)).code, EXIT.ok);
    const { code, out, err } = await desk.type('export', 'web', '--output', file);
    assert.equal(code, EXIT.ok, 'in place of what it has written itself');
    assert.equal(out, '');
    assert.equal(err, `understudy: 3 lines of web to ${file}\n`);
    assert.equal(readTrace(readFileSync(file, 'utf8'), file).events.length, 3);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(desk.dir).filter(name => name.includes('part')),
      [],
    );
  });

  it('says why it cannot write, and leaves nothing behind: exit 2', async () => {
    const desk = makeDesk();
    await desk.seed(seen());
    mkdirSync(join(desk.dir, 'folder'));
    const folder = await desk.type('export', 'web', '--output', join(desk.dir, 'folder'));
    assert.equal(folder.code, EXIT.usage);
    assert.match(folder.err, /--output .*folder cannot be written: it is a directory/);
    const link = join(desk.dir, 'link');
    symlinkSync('/dev/null', link);
    const special = await desk.type('export', 'web', '--output', link);
    assert.equal(special.code, EXIT.usage);
    assert.match(special.err, /link exists and is no regular file: it is not replaced/);
    assert.equal(lstatSync(link).isSymbolicLink(), true);
    for (const own of [desk.state, desk.config]) {
      const before = readFileSync(own);
      const { code, err } = await desk.type('export', 'web', '--output', own);
      assert.equal(code, EXIT.usage);
      assert.match(err, /exists and is no trace: it is not replaced/);
      assert.deepEqual(readFileSync(own).subarray(0, 16), before.subarray(0, 16));
    }
    const nowhere = await desk.type('export', 'web', '--output', join(desk.dir, 'no/such/place'));
    assert.equal(nowhere.code, EXIT.usage);
    assert.match(nowhere.err, /cannot be written: there is no such directory/);
    assert.deepEqual(
      readdirSync(desk.dir).filter(name => name.includes('part')),
      [],
    );
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a span without a unit', ['--since', '30'], /--since "30" has no unit: write 30s/],
    ['a span of nothing', ['--since', '0s'], /--since "0s" is too short; allowed: a span such as/],
    ['an endless span', ['--since', '99999d'], /--since "99999d" is too long/],
  ];
  for (const [what, words, wanted] of refused)
    it(`refuses ${what}: exit 2`, async () => {
      const { code, err } = await makeDesk().type('export', 'web', ...words);
      assert.equal(code, EXIT.usage);
      assert.match(err, wanted);
    });

  it('asks for the name where the config has several services, and for a state where there is none', async () => {
    const desk = makeDesk();
    assert.equal((await desk.type('export')).code, EXIT.usage);
    assert.equal((await desk.type('export', 'web')).code, EXIT.store);
  });
});
