/** The real time, in the one place that may ask for it. */
import type { Clock } from '../ports/clock.ts';

/** setTimeout takes 31 bits of ms and fires at once beyond that, so longer waits are cut in pieces. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls `then` after `ms`, however long. @returns what cancels it */
function after(ms: number, then: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (left: number) => {
    const piece = Math.min(Math.max(left, 0), LONGEST_MS);
    timer = setTimeout(() => (left > piece ? arm(left - piece) : then()), piece);
  };
  arm(ms);
  return () => clearTimeout(timer);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const end = () => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = after(ms, end);
      signal?.addEventListener('abort', end);
    }),
  deadline: (ms, parent) => {
    const controller = new AbortController();
    const follow = () => end(parent?.reason);
    const cancel = after(ms, () => end(new DOMException(`not done within ${ms} ms`, 'TimeoutError')));
    const done = () => {
      cancel();
      parent?.removeEventListener('abort', follow);
    };
    const end = (reason: unknown) => {
      done();
      controller.abort(reason);
    };
    if (parent?.aborted === true) follow();
    else parent?.addEventListener('abort', follow);
    return { signal: controller.signal, done };
  },
};
