/** A promise that ends with a signal even where the work behind it does not listen to it. */

/** @returns what `work` gives @throws what it throws, or the reason of `signal` when that fires first */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    const over = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(
      result => {
        over();
        resolve(result);
      },
      (thrown: unknown) => {
        over();
        reject(thrown);
      },
    );
  });
}
