/** A site with a lease of its own: it keeps it while anything of it can be reached, and gives itself up when nothing can. */
import assert from 'node:assert/strict';
import { begin, end, type Fate } from '../../../src/simulate/fates.ts';
import { stage } from './stage.ts';

const LEASE = 30_000;
const HOME = { at: 0, forMs: 0, service: 'mail', site: 'home', how: 'refused' } as const;

const ailing = (probe: string): Fate => ({ ...HOME, kind: 'probe-fails', probe });
const CUT: Fate = { at: 0, forMs: 0, kind: 'cut', box: '1001', families: ['v4', 'v6'] };

function open() {
  const sites = [{ name: 'home', fence: { method: 'wait', leaseMs: LEASE } as const }, { name: 'away' }];
  return stage({ sites, probes: ['http', 'smtp', 'irc?'] });
}

describe('simulate: the lease of a site', () => {
  it('is kept while one required probe passes, however long another fails', async () => {
    const { world, timeline, home, told } = open();
    begin(world, ailing('http'));
    await timeline.run(10 * LEASE);
    assert.deepEqual([home.answers('v4'), home.role, told('demoted')], [false, 'primary', []]);
  });

  it('runs out when every required probe fails, whatever becomes of an optional one', async () => {
    const { world, timeline, home, told } = open();
    begin(world, ailing('http'));
    await timeline.run(LEASE);
    begin(world, ailing('smtp'));
    await timeline.run(2 * LEASE - 1);
    assert.equal(home.role, 'primary');
    await timeline.run(2 * LEASE);
    assert.deepEqual([home.role, told('demoted').length], ['standby', 1]);
  });

  it('is had anew when it was in touch for a moment', async () => {
    const { world, timeline, home } = open();
    begin(world, CUT);
    await timeline.run(LEASE - 2);
    end(world, CUT);
    await timeline.run(LEASE - 1);
    begin(world, CUT);
    await timeline.run(2 * LEASE - 2);
    assert.equal(home.role, 'primary');
    await timeline.run(2 * LEASE - 1);
    assert.equal(home.role, 'standby');
  });

  it('runs out in a while without touch, in which a glimpse may lie', async () => {
    const { world, timeline } = open();
    const at = async (instant: number, change: () => void) => {
      await timeline.run(instant);
      change();
    };
    await at(1000, () => begin(world, ailing('http')));
    await at(2000, () => begin(world, CUT));
    await at(12_000, () => end(world, CUT));
    await at(13_000, () => begin(world, CUT));
    await at(20_000, () => end(world, CUT));
    await timeline.run(30_000);
    const longest = (from: number, to: number, glimpseMs: number) =>
      world.outOfTouchMs('mail', 'home', { from, to, glimpseMs });
    assert.deepEqual(
      [longest(0, 30_000, 0), longest(0, 30_000, 1001), longest(0, 30_000, 1000)],
      [10_000, 18_000, 10_000],
    );
    assert.deepEqual([longest(5000, 10_000, 0), longest(0, 2000, 0), longest(0, 1000, 0)], [5000, 0, 0]);
    assert.equal(world.answeredAt('mail', 'home', 'v4', 1500), false, 'it was in touch all the same');
  });
});
