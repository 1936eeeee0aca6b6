/** What most probe tests need: one prober, a target on loopback, and a close look at every result. */
import assert from 'node:assert/strict';
import { FAILURES, type ProbeResult } from '../../src/model/sample.ts';
import { createProber } from '../../src/probe/prober.ts';

export const NAME = 'www.example.org';

const prober = createProber();

/** Probes loopback and checks that the result keeps the promises of ProbeResult. */
export async function look(
  kind: string,
  params: Readonly<Record<string, unknown>>,
  timeoutMs = 5000,
  address = '127.0.0.1',
): Promise<ProbeResult> {
  const family = address.includes(':') ? 'v6' : 'v4';
  const result = await prober.probe(kind, params, { address, family, publicName: NAME }, timeoutMs);
  checkResult(result);
  return result;
}

export function checkResult(result: ProbeResult): void {
  assert.equal(result.ok, result.failure === undefined, JSON.stringify(result));
  if (result.failure !== undefined) assert.ok(FAILURES.includes(result.failure));
  for (const text of [result.detail ?? '', ...Object.values(result.facts ?? {}).map(String)]) {
    assert.ok(text.length <= 200, `${text.length} characters`);
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  }
  if (!result.ok) assert.notEqual(result.detail ?? '', '', 'a failure says what happened');
}

/** Asserts a failure of one class whose sentence matches. */
export function fails(result: ProbeResult, failure: ProbeResult['failure'], detail: RegExp): void {
  assert.equal(result.failure, failure, JSON.stringify(result));
  assert.match(result.detail ?? '', detail);
}

export function passes(result: ProbeResult, detail = /./): void {
  assert.ok(result.ok, JSON.stringify(result));
  assert.match(result.detail ?? '', detail);
}

/** What keeps this process busy now: sockets, timers, children. Mocha's own timer for the test is among them. */
export async function resources(): Promise<readonly string[]> {
  // Mocha sets its timer only after the test function has returned its promise.
  await new Promise(resolve => setImmediate(resolve));
  return process.getActiveResourcesInfo();
}

/** Resolves when this process holds no more sockets, timers and children than `before` says, or throws. */
export async function settled(before: readonly string[], limitMs = 3000): Promise<void> {
  const start = performance.now();
  for (;;) {
    const now = process.getActiveResourcesInfo();
    const more = [...new Set(now)].filter(kind => count(now, kind) > count(before, kind));
    if (more.length === 0) return;
    if (performance.now() - start > limitMs) assert.fail(`left over: ${more.join(', ')}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}

function count(list: readonly string[], kind: string): number {
  return list.filter(one => one === kind).length;
}
