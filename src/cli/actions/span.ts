/** A span of time as a person types it for an option: with its unit, as in the config. */
import { parseDuration } from '../../config/duration.ts';
import { UsageError } from '../io.ts';
import { clean } from '../render/text.ts';

/** @returns ms, at least 1 @throws UsageError naming the option */
export function spanOption(option: string, text: string, mostMs: number): number {
  const allowed = 'allowed: a span such as 90s, 12h or 30d';
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'is wrong';
    throw new UsageError(`${option} "${clean(text)}" ${why}; ${allowed}`);
  }
  if (ms >= 1 && ms <= mostMs) return ms;
  throw new UsageError(`${option} "${clean(text)}" is too ${ms < 1 ? 'short' : 'long'}; ${allowed}`);
}
