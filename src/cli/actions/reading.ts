/**
 * Opens the state for commands that only look. They make no state file: one made by root's `status` could not be
 * written by the service's own user afterwards. And they deliver nothing, so that a dead sink delays no answer.
 */
import { existsSync, lstatSync } from 'node:fs';
import type { Settings } from '../../model/service.ts';
import { StoreError } from '../../ports/errors.ts';
import type { Store } from '../../ports/store.ts';

/** @throws StoreError when there is no state file or it cannot be used */
export async function openForReading(settings: Pick<Settings, 'state'>): Promise<Store> {
  const { openSqliteStore } = await import('../../store/sqlite.ts');
  // A link to nothing is for the store to refuse, in words of its own.
  if (!existsSync(settings.state) && !isLink(settings.state)) {
    throw new StoreError({
      code: 'store-unusable',
      message: `there is no state file ${settings.state}: understudy has not looked at anything yet, or it may not be seen from here`,
      next: 'understudy tick (by cron), or `understudy run`; as the user that runs them',
    });
  }
  return openSqliteStore(settings.state);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Runs `use` with the state and closes it whatever happens. */
export async function withState<T>(
  settings: Pick<Settings, 'state'>,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openForReading(settings);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
