/** When a hold ends, from what a person typed. A time that could mean two instants is refused, not guessed. */
import { parseDuration } from '../../config/duration.ts';
import { UsageError } from '../io.ts';

/** Longer than this is `until resumed`: a slip of the unit should not hold a service for years. */
const LONGEST_MS = 366 * 86_400_000;
const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})$/;

/**
 * @param options `for` as in the config (`2h`), `until` as ISO 8601 with its zone
 * @returns ms since the epoch; null: until resumed
 * @throws UsageError
 */
export function endOfHold(
  options: { readonly for?: string; readonly until?: string },
  now: number,
): number | null {
  if (options.for !== undefined && options.until !== undefined)
    throw new UsageError('say --for or --until, not both');
  if (options.for !== undefined) return now + spanOf(options.for);
  return options.until === undefined ? null : instantOf(options.until, now);
}

function spanOf(text: string): number {
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch (thrown) {
    throw new UsageError(
      `--for "${text}" ${thrown instanceof Error ? thrown.message : 'is wrong'}; allowed: 30m, 2h, 3d`,
    );
  }
  if (ms === 0) throw new UsageError('--for 0 holds nothing; leave it out to hold until `understudy resume`');
  return bounded('--for', text, ms);
}

function instantOf(text: string, now: number): number {
  const match = ISO.exec(text);
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[3]}`);
  // V8 takes the 31st of February for the 3rd of March.
  const day = match?.[1] ?? '';
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const real = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
  if (Number.isNaN(at) || !real) {
    throw new UsageError(
      `--until "${text}" is not a time with its zone; allowed: 2026-11-23T06:00Z, 2026-11-23T07:00+01:00`,
    );
  }
  if (at <= now) throw new UsageError(`--until ${text} has passed: it is ${new Date(now).toISOString()}`);
  bounded('--until', text, at - now);
  return at;
}

function bounded(option: string, text: string, ms: number): number {
  if (ms <= LONGEST_MS) return ms;
  throw new UsageError(
    `${option} ${text} is more than a year; leave it out to hold until \`understudy resume\``,
  );
}
