/** Takes real time and dice away while something runs: whoever asks for them fails, and is named. */

const TRAPS = [
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [Date, 'now'],
  [Math, 'random'],
] as const;

/**
 * `performance.now` is left: p-retry notes it at the start of each call and, without a `maxRetryTime`, never looks at it.
 * @throws Error at the end when real time or dice were asked for, else what `work` throws
 */
export async function withoutRealTime<T>(work: () => Promise<T>): Promise<T> {
  const asked: string[] = [];
  const before = TRAPS.map(([owner, name]) => [owner, name, Reflect.get(owner, name)] as const);
  for (const [owner, name] of TRAPS)
    Reflect.set(owner, name, () => {
      const error = new Error(`${name} was asked for`);
      asked.push(String(error.stack));
      throw error;
    });
  const [outcome] = await Promise.allSettled([work()]);
  for (const [owner, name, real] of before) Reflect.set(owner, name, real);
  // First, since an adapter may have taken the trap's error for a failure of the network.
  if (asked.length > 0) throw new Error(asked.join('\n'));
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
