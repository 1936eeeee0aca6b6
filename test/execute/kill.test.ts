/**
 * kill -9 at every boundary of a failover's journal, over the wire: emulated APIs, real site processes, a real SQLite
 * file. The in-memory sibling (crash.test.ts) walks every commit; this one proves that the disk and the adapters keep
 * the promise too.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { StepKind } from '../../src/model/plan.ts';
import { PRIMARY, SERVICE, STANDBY, ZONE_ID } from '../../src/sandbox/config.ts';
import { type SandboxWorld, startWorld } from '../../src/sandbox/world.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { makeWorkspace } from '../workspace.ts';

const DOOMED = fileURLToPath(new URL('../lab/doomed.ts', import.meta.url));
const STEPS: readonly StepKind[] = ['claim', 'fence', 'promote', 'check', 'flip', 'verify', 'announce'];
/** The four boundaries of a step: what is still written, and which commit it is. */
const PLACES = [
  { title: 'before its intent', event: 'intent', when: 'before' },
  { title: 'after its intent', event: 'intent', when: 'after' },
  { title: 'after the act, before its receipt', event: 'receipt', when: 'before' },
  { title: 'after its receipt', event: 'receipt', when: 'after' },
] as const;

async function tick(
  world: SandboxWorld,
  ...doom: readonly string[]
): Promise<NodeJS.Signals | number | null> {
  const child = spawn(process.execPath, ['--import', 'tsx', DOOMED, world.configFile, ...doom], {
    env: { ...process.env, ...world.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return signal ?? code;
}

async function assertConverged(world: SandboxWorld, folder: string): Promise<void> {
  const answers = await world.answers();
  assert.deepEqual(answers.v4, [world.standby.v4.address]);
  // A claim and a flip; where a run died with nothing but its claim, that is given back, and another begins.
  assert.match(answers.epoch ?? '', new RegExp(`epoch=[35] active=${STANDBY.name} owner=[^ ]+$`));
  assert.equal(world.hcloud.server(PRIMARY.server).status, 'off', 'the old site is fenced');
  assert.equal(world.standby.role(), 'active');
  const store = await openSqliteStore(join(folder, 'state.db'));
  try {
    const state = await store.service(SERVICE);
    assert.equal(state.active, STANDBY.name);
    assert.deepEqual(
      state.quarantined.map(entry => entry.site),
      [PRIMARY.name],
    );
    assert.equal(await store.openRun(SERVICE), null, 'no run is left open');
    assert.equal(state.lastRun?.status, 'done');
  } finally {
    await store.close();
  }
}

describe('kill -9 at every boundary of the journal', function () {
  this.timeout(60_000);
  let folder = '';
  let world: SandboxWorld;

  before(async () => {
    folder = makeWorkspace('kill');
    world = await startWorld({ folder });
  });
  after(() => world.close());

  /** The world as it was before the night: one for all cases, since starting it anew takes longer than a case. */
  async function rewind(): Promise<void> {
    await world.heal();
    const { epoch } = await world.answers();
    // Each change of the zone has raised it by one.
    const changes = Number(/epoch=(\d+) /.exec(epoch ?? '')?.[1] ?? 1) - 1;
    if (changes > 0) world.route53.rollBack(ZONE_ID, changes);
    const [program = '', ...words] = world.standby.commands.quiesce;
    await promisify(execFile)(program, words);
    for (const name of readdirSync(folder)) if (name.startsWith('state.db')) rmSync(join(folder, name));
  }

  afterEach(rewind);

  for (const kind of STEPS) {
    for (const { title, event, when } of PLACES) {
      it(`${kind}: ${title}`, async () => {
        await world.crash();
        assert.equal(await tick(world, kind, event, when), 'SIGKILL');
        assert.equal(await tick(world), 0);
        await assertConverged(world, folder);
      });
    }
  }
});
