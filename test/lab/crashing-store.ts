/** A store whose process dies at a chosen commit: before it is written, or right after. */
import { StoreError } from '../../src/ports/errors.ts';
import type { Store } from '../../src/ports/store.ts';

/** As a store that fails: what is dead does nothing more to the world either. */
export class Crash extends StoreError {
  constructor(message: string) {
    super({ code: 'store-unusable', message });
  }
}

export interface Crashing {
  readonly store: Store;
  /** How many commits were asked for. */
  count(): number;
}

/**
 * @param at the commit (from 1) at which everything ends; from then on nothing is written or read any more
 * @param when whether that commit is still written
 */
export function crashingStore(inner: Store, at: number, when: 'before' | 'after'): Crashing {
  let commits = 0;
  let dead = false;
  const alive = () => {
    if (dead) throw new Crash('the process is gone');
  };
  const store = new Proxy(inner, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        alive();
        if (name !== 'commit') return value.apply(target, args);
        commits += 1;
        if (commits === at && when === 'before') dead = true;
        alive();
        const result: unknown = await value.apply(target, args);
        if (commits === at) dead = true;
        alive();
        return result;
      };
    },
  });
  return { store, count: () => commits };
}
