/** Commands at the sites: their effect is one thing, what comes back of them another. */
import assert from 'node:assert/strict';
import type { Command } from '../../../src/model/service.ts';
import { ProviderError } from '../../../src/ports/errors.ts';
import { COMMAND_FAULTS, type CommandFault } from '../../../src/simulate/script.ts';
import { createPromoter } from '../../../src/simulate/world/commands.ts';
import { stage } from './stage.ts';

function open(parts: readonly string[] = ['db']) {
  const at = stage({ parts });
  const promoter = createPromoter(at.world, at.process, 'ssh');
  const run = (site: 'home' | 'away', ...words: readonly string[]) => {
    const { shell } = at[site].site;
    const command: Command = { argv: [words[0] ?? '', 'mail', site, ...words.slice(1)], limitMs: 20_000 };
    const { signal } = new AbortController();
    return at.settle(promoter.run(shell, command, { signal, env: { UNDERSTUDY_RUN: 'r-1' } }));
  };
  return { ...at, run };
}

describe('simulate: commands at a site', () => {
  it('promote it when the last of its parts is, and say so once', async () => {
    const { run, away, told } = open(['db', 'mail']);
    assert.equal((await run('away', 'promote', 'db'))?.value.status, 0);
    assert.deepEqual([away.role, told('promoted').length], ['standby', 0]);
    assert.equal((await run('away', 'promote-check', 'mail'))?.value.status, 1);
    await run('away', 'promote', 'mail');
    await run('away', 'promote', 'mail');
    assert.equal((await run('away', 'promote-check', 'mail'))?.value.status, 0);
    assert.equal(away.role, 'primary');
    assert.deepEqual(
      told('promoted').map(({ site, run: by }) => [site, by]),
      [['away', 'r-1']],
    );
  });

  it('quiesce makes it write no more, and a fence is seen by its check', async () => {
    const { run, home } = open();
    assert.equal(home.takesWrites, true);
    await run('home', 'quiesce');
    assert.equal(home.takesWrites, false);
    const other = open();
    assert.equal((await other.run('home', 'fence-check'))?.value.status, 1);
    await other.run('home', 'fence');
    assert.equal((await other.run('home', 'fence-check'))?.value.status, 0);
    assert.equal(other.home.runs, false);
  });

  it('freshness tells the age of the data in seconds', async () => {
    const { run, world, timeline } = open();
    await timeline.run(60_000);
    const lag = await run('away', 'freshness');
    assert.equal(lag?.value.tail.at(-1), (world.cast.replicationMs / 1000).toFixed(3));
  });

  it('catch-up waits for what is on its way, and gives up at its limit when the link is lost', async () => {
    const { run, told } = open();
    const well = await run('away', 'catch-up');
    assert.deepEqual([well?.value.status, told('caught-up').length], [0, 1]);
    const cut = open();
    await cut.timeline.run(60_000);
    cut.world.change(() => (cut.away.linkLost = true));
    await cut.timeline.run(120_000);
    const late = await cut.run('away', 'catch-up');
    assert.deepEqual([late?.value.timedOut, late?.at, cut.told('caught-up').length], [true, 140_000, 0]);
  });

  /** Whether it was done, and what comes back. */
  const WANTED: Readonly<Record<CommandFault, readonly [boolean, number | null | 'thrown', number]>> = {
    fails: [false, 1, 0],
    hangs: [false, null, 20_000],
    unreachable: [false, 'thrown', 0],
    'cut-off': [true, 255, 0],
    lies: [false, 0, 0],
  };
  for (const fault of Object.keys(COMMAND_FAULTS) as CommandFault[])
    it(`that ${COMMAND_FAULTS[fault]}`, async () => {
      const { run, away } = open();
      away.commandFaults.set('promote', fault);
      let told: readonly [number | null | 'thrown', number] = ['thrown', 0];
      try {
        const result = await run('away', 'promote', 'db');
        told = [result?.value.status ?? null, result?.at ?? -1];
      } catch (thrown) {
        assert.ok(thrown instanceof ProviderError && thrown.code === 'provider-unreachable');
      }
      assert.deepEqual([away.role === 'primary', ...told], WANTED[fault]);
    });

  it('find no way to a machine that is off, cut off in every family, or from a desk without a network', async () => {
    const ways: readonly ((at: ReturnType<typeof open>) => void)[] = [
      at => (at.away.box.power = 'off'),
      at => Object.assign(at.away.box.cut, { v4: true, v6: true }),
      at => Object.assign(at.station.online, { v4: false, v6: false }),
      at => {
        at.away.box.cut.v4 = true;
        at.station.online.v6 = false;
      },
    ];
    for (const spoil of ways) {
      const at = open();
      spoil(at);
      await assert.rejects(at.run('away', 'promote', 'db'), { code: 'provider-unreachable' });
      assert.equal(at.away.role, 'standby');
    }
    const one = open();
    one.away.box.cut.v4 = true;
    assert.equal((await one.run('away', 'promote', 'db'))?.value.status, 0);
  });
});
