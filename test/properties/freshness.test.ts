/**
 * What a command at the standby prints as the age of its data. The standby may be broken, and the command a script that
 * nobody has looked at in years: only an honest number lets the standby be promoted.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { redacting } from '../../src/providers/shell/redacting.ts';
import { OutputLines } from '../../src/providers/shell/output.ts';
import { watchService } from '../../src/reconcile/scheduler.ts';
import { makeSite } from '../lab/service.ts';
import { Lab } from '../lab/world.ts';
import { canaries } from '../secrets.ts';
import { type ByteEdit, byteEdits, mutateBytes } from './bytes.ts';
import { assertFit, property } from './harness.ts';

const file = import.meta.url;
const MAX_LAG_MS = 60_000;

const PRINTED = [
  '12.5\n',
  '0.30000000000000004\n',
  'replication lag\n0.004\n',
  'warning: something\n3600\n',
  `connected with ${canaries.password}\n7\n`,
  `${canaries.password}\n`,
];

function tailOf(printed: string, edits: readonly ByteEdit[]): readonly string[] {
  const lines = new OutputLines();
  lines.push('stdout', mutateBytes(Buffer.from(printed, 'latin1'), edits));
  lines.end();
  return lines.tail;
}

describe('property: the output of a freshness command', () => {
  property(
    'lets a standby be promoted only when its last line is a number of seconds within the limit',
    fc.record({
      printed: fc.constantFrom(...PRINTED),
      edits: fc.oneof({ weight: 6, arbitrary: byteEdits }, { weight: 1, arbitrary: fc.constant([]) }),
      status: fc.constantFrom(0, 0, 0, 1, null),
    }),
    async ({ printed, edits, status }) => {
      const tail = tailOf(printed, edits);
      const measured = { freshness: { argv: ['lag'], limitMs: 1000 }, maxLagMs: MAX_LAG_MS };
      const lab = new Lab({
        sites: [makeSite('home'), makeSite('away', measured)],
      });
      lab.site('home', { ok: false, failure: 'refused' });
      const world = lab.world();
      const promoter = await world.outside.promoter('local');
      const outside = {
        ...world.outside,
        promoter: async () =>
          redacting(
            {
              kind: 'local' as const,
              run: async (shell, command, options) =>
                command.argv[0] === 'lag'
                  ? { status, timedOut: false, tail }
                  : promoter.run(shell, command, options),
            },
            [canaries.password],
          ),
      };
      const watch = lab.watch();
      await lab.clock.drive(watchService({ ...world, outside }, watch, { once: true, budgetMs: 50_000 }));
      const last = tail.at(-1)?.trim() ?? '';
      const seconds = /^[0-9]{1,9}(\.[0-9]{1,20})?$/.test(last) ? Number(last) : Number.NaN;
      const honest = status === 0 && seconds * 1000 <= MAX_LAG_MS;
      const { freshness } = await lab.store.evidence('web', 0);
      assert.ok(freshness.length > 0, 'it was asked');
      for (const { lagMs, error } of freshness) {
        assert.equal(lagMs === undefined, error !== undefined);
        if (lagMs !== undefined) assert.equal(lagMs, Math.round(seconds * 1000));
        assertFit(error ?? '', 'what is said of it');
        assert.ok((error ?? '').length <= 500, `${error?.length} characters are kept of it`);
      }
      // The data grows older while the thresholds are waited for: close to the limit both are right.
      const close = honest && seconds * 1000 > MAX_LAG_MS - 5000;
      if (!close)
        assert.equal(
          lab.deeds.includes('run promote away'),
          honest,
          `${JSON.stringify(last)} → ${lab.deeds.join()}`,
        );
      const decision = await lab.store.decision('web');
      assertFit(decision?.standing?.detail ?? '', 'the reason for not acting');
    },
    { file, usual: 150 },
  );
});
