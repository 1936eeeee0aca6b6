/**
 * Real time and real randomness, mined: while the traps are set, who asks for them is noted with the place it was asked
 * from. The values are the real ones, so that what asks goes on and everything that asks is found in one run.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';

/** Called with what was asked for and the stack of who did. */
type Trap = (what: string, stack: string) => void;

/** Replaces one method by one that tells first. @returns what puts it back */
function mine(owner: object, name: string, what: string, trap: Trap): () => void {
  const real: unknown = Reflect.get(owner, name);
  if (typeof real !== 'function') throw new TypeError(`${what} is not there to be trapped`);
  const mined = function (this: unknown, ...values: unknown[]): unknown {
    trap(what, new Error().stack ?? '');
    return new.target === undefined ? Reflect.apply(real, this, values) : Reflect.construct(real, values);
  };
  const was = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value: mined, configurable: true, writable: true });
  return () => {
    if (was === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, was);
  };
}

/** `new Date()` and `Date()` tell the time, `new Date(0)` does not. */
function mineDate(trap: Trap): () => void {
  const RealDate = globalThis.Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, of) => {
      if (values.length === 0) trap('new Date()', new Error().stack ?? '');
      return Reflect.construct(target, values, of);
    },
    apply: (target, self, values) => {
      trap('Date()', new Error().stack ?? '');
      return Reflect.apply(target, self, values);
    },
    get: (target, name) => {
      if (name === 'now') trap('Date.now', new Error().stack ?? '');
      return Reflect.get(target, name);
    },
  });
  return () => {
    globalThis.Date = RealDate;
  };
}

const RANDOM = ['randomBytes', 'randomInt', 'randomUUID', 'randomFill', 'randomFillSync'];

/** Runs `work` with the traps set. @returns each thing that was asked for, with the stack */
export async function withTraps<T>(work: () => Promise<T>): Promise<{
  readonly result: T;
  readonly caught: readonly { readonly what: string; readonly stack: string }[];
}> {
  const caught: { what: string; stack: string }[] = [];
  const trap: Trap = (what, stack) => void caught.push({ what, stack });
  const undo = [
    mineDate(trap),
    mine(Math, 'random', 'Math.random', trap),
    mine(performance, 'now', 'performance.now', trap),
    mine(process, 'hrtime', 'process.hrtime', trap),
    mine(process, 'uptime', 'process.uptime', trap),
    mine(AbortSignal, 'timeout', 'AbortSignal.timeout', trap),
    ...['setTimeout', 'setInterval'].flatMap(name => [
      mine(globalThis, name, name, trap),
      mine(timers, name, `timers ${name}`, trap),
      mine(timersPromises, name, `timers/promises ${name}`, trap),
    ]),
    ...RANDOM.map(name => mine(crypto, name, `crypto.${name}`, trap)),
    mine(crypto.webcrypto, 'getRandomValues', 'crypto.getRandomValues', trap),
    mine(crypto.webcrypto, 'randomUUID', 'crypto.randomUUID of the web', trap),
  ];
  syncBuiltinESMExports();
  try {
    return { result: await work(), caught };
  } finally {
    for (const one of undo.reverse()) one();
    syncBuiltinESMExports();
  }
}
