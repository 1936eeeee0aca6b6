/**
 * A tick as a process of its own that kills itself with SIGKILL at one place of the journal:
 * `doomed.ts CONFIG [STEP EVENT before|after]`. Everything but the store's wrapper is the production program.
 */

import { compose } from '../../src/compose.ts';
import { readLocalFile } from '../../src/config/files.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Change } from '../../src/model/state.ts';
import type { Store } from '../../src/ports/store.ts';
import { tickAll } from '../../src/reconcile/tick.ts';

const [config = '', kind, event, when] = process.argv.slice(2);

function isThePlace(changes: readonly Change[]): boolean {
  return changes.some(
    change => change.kind === 'journal' && change.entry.kind === kind && change.entry.event === event,
  );
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

function doom(store: Store): Store {
  return {
    ...store,
    commit: async (changes, guard) => {
      const here = isThePlace(changes);
      if (here && when === 'before') await die();
      await store.commit(changes, guard);
      if (here && when === 'after') await die();
    },
  };
}

const { settings } = await loadSettings({ file: config, readFile: readLocalFile, env: process.env });
const program = await compose(settings, { stop: new AbortController().signal, keep: 'always' });
const store = kind === undefined ? program.store : doom(program.store);
await tickAll({ ...program, store, world: { ...program.world, store } }, 50_000);
await program.close();
