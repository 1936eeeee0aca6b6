/** Random DNS ids. The global Web Crypto is loaded by Node on first use only, node:crypto would cost each start 3 ms. */

/** @returns a whole number 0–65535 that cannot be guessed */
export function randomId(): number {
  return globalThis.crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
}
