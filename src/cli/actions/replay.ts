/** The work of `replay`: the trace and the config are read, every policy is walked through, and the result is shown. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { whyUnreadable } from '../../config/files.ts';
import type { Settings } from '../../model/service.ts';
import { UnderstudyError } from '../../ports/errors.ts';
import { DNS_VENDORS } from '../../providers/registry.ts';
import { replay } from '../../replay/replay.ts';
import { readTrace, type Trace, TRACE_MOST } from '../../replay/trace.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderError } from '../failure.ts';
import { type CommonOptions, type Io, pickService, UsageError } from '../io.ts';
import { comparisonText, type Played, replayText } from '../render/replay.ts';
import { clean } from '../render/text.ts';
import { loadConfig } from '../session.ts';
import { type Setting, settingsOf, settingsWith } from './replay-policy.ts';
import { spanOption } from './span.ts';

export interface ReplayOptions extends CommonOptions {
  readonly service?: string;
  readonly set: readonly string[];
  readonly compare?: boolean;
  readonly falseWithin: string;
}

const DAY_MS = 86_400_000;

/** @returns 0, 2 for a trace that is not taken, 9 when it was interrupted @throws UsageError, ConfigError */
export async function replayTrace(io: Io, file: string, options: ReplayOptions): Promise<ExitCode> {
  const json = options.json === true;
  const falseWithinMs = spanOption('--false-within', options.falseWithin, 30 * DAY_MS);
  const policies = policiesOf(options);
  const settings = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  let trace: Trace;
  try {
    trace = readTrace(file === '-' ? await readInput(io) : readText(file), file);
  } catch (thrown) {
    if (!(thrown instanceof UnderstudyError) || thrown.code !== 'trace-invalid') throw thrown;
    io.err(renderError(thrown, { json }));
    return EXIT.usage;
  }
  const { name } = pickService(settings, options.service ?? trace.header.service);
  const columns: Settings[] = [];
  for (const policy of policies)
    columns.push(policy.length === 0 ? settings : await settingsWith(io, options.config, name, policy));
  const played: Played[] = [];
  for (const [index, column] of columns.entries()) {
    const service = pickService(column, name);
    const dnsCapabilities = (provider: string) => capabilities(column, provider);
    const found = await replay({
      ...{ trace, settings: column, service, dnsCapabilities, falseWithinMs },
      isOver: () => isStopped(io),
    });
    played.push({ policy: (policies[index] ?? []).map(({ text }) => text), ...found });
    if (found.interruptedAt !== null) break;
  }
  const interrupted = played.some(({ interruptedAt }) => interruptedAt !== null);
  const about = { file, falseWithinMs, header: trace.header, lines: trace.events.length };
  if (json)
    io.out(`${JSON.stringify({ interrupted, ...dataOf(about, played, options.compare === true) })}\n`);
  else if (options.compare === true) io.out(comparisonText(about, played));
  else for (const one of played) io.out(replayText(about, one));
  return interrupted ? EXIT.declined : EXIT.ok;
}

/** A turn of the event loop, in which a signal is heard. */
async function isStopped({ stop }: Io): Promise<boolean> {
  await systemClock.sleep(0);
  return stop.aborted;
}

/** Each is what is set in one column; none: the config as it is. */
function policiesOf({ set, compare }: ReplayOptions): readonly (readonly Setting[])[] {
  const given = set.map(settingsOf);
  const policies = compare === true ? given : [given.flat()];
  for (const policy of policies) refuseTwice(policy);
  if (compare !== true) return policies;
  if (given.length === 0)
    throw new UsageError('--compare needs a policy to compare with: --set thresholds.failures=2');
  return [[], ...given];
}

function refuseTwice(policy: readonly Setting[]): void {
  const keys = policy.map(({ path }) => path.join('.'));
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice === undefined) return;
  const next = 'with --compare each --set is a policy of its own';
  throw new UsageError(`--set ${clean(twice)} is set twice in one policy; ${next}`);
}

/** @returns stdin as text @throws UsageError */
async function readInput(io: Io): Promise<string> {
  const off = (why: string) => new UsageError(`the trace on stdin cannot be read: ${why}`);
  const input = process.stdin;
  if (input.isTTY) throw off('it is a terminal: gunzip -c web.jsonl.gz | understudy replay -');
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(io.stop, input)) {
      const piece = Buffer.from(chunk as Uint8Array);
      bytes += piece.length;
      if (bytes > TRACE_MOST) throw off(`it has more than ${TRACE_MOST} bytes`);
      chunks.push(piece);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    if (io.stop.aborted) throw off('it was interrupted');
    throw off(thrown instanceof TypeError ? 'it is not UTF-8' : whyUnreadable(thrown));
  }
}

function readText(file: string): string {
  try {
    // Without O_NONBLOCK opening a FIFO would hang.
    const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(handle);
      if (!stat.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ENOTFILE' });
      if (stat.size > TRACE_MOST) throw new UsageError(`the trace has more than ${TRACE_MOST} bytes`);
      return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(handle));
    } finally {
      closeSync(handle);
    }
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    const why = thrown instanceof TypeError ? 'it is not UTF-8' : whyUnreadable(thrown);
    throw new UsageError(`the trace ${clean(file)} cannot be read: ${why}`);
  }
}

function capabilities(settings: Settings, provider: string) {
  const vendor = DNS_VENDORS[settings.providers[provider]?.kind ?? ''];
  return vendor?.capabilities ?? { compareAndSwap: false, reportsPropagation: false };
}

function dataOf(
  { file, falseWithinMs, header, lines }: Parameters<typeof replayText>[0],
  played: readonly Played[],
  isComparison: boolean,
) {
  const trace = { file, ...header, lines };
  return isComparison
    ? { trace, falseWithinMs, replays: played }
    : { trace, falseWithinMs, ...(played[0] ?? {}) };
}
