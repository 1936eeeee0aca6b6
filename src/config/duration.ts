/** Durations in a config always carry their unit: `30` once meant minutes to one person and seconds to another. */

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
/** What people write when they mean one of ours. */
const MEANT: Readonly<Record<string, keyof typeof UNITS>> = {
  msec: 'ms',
  millis: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  S: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  M: 'm',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  H: 'h',
  day: 'd',
  days: 'd',
  D: 'd',
};

/** @returns ms @throws Error with what is wrong and what is meant, fit to follow a path */
export function parseDuration(value: unknown): number {
  if (typeof value === 'number')
    throw new Error(`has no unit: write ${value}s for seconds, ${value}m for minutes`);
  if (typeof value !== 'string') throw new Error('is not a duration');
  const bare = /^\d+(\.\d+)?$/.exec(value);
  if (bare) throw new Error(`has no unit: write ${value}s for seconds, ${value}m for minutes`);
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(\s*)([A-Za-z]+)$/.exec(value);
  if (match === null) throw new Error('is not a duration');
  const [, amount = '', blank = '', unit = ''] = match;
  const scale = Object.hasOwn(UNITS, unit) ? UNITS[unit as keyof typeof UNITS] : undefined;
  if (scale === undefined) {
    const meant = Object.hasOwn(MEANT, unit) ? MEANT[unit] : undefined;
    throw new Error(`has a unit that is not known${meant ? `: write ${amount}${meant}` : ''}`);
  }
  if (blank !== '') throw new Error(`has a blank before its unit: write ${amount}${unit}`);
  const exact = Number(amount) * scale;
  const ms = Math.round(exact);
  if (Math.abs(exact - ms) > 1e-6) throw new Error('is not a whole number of milliseconds');
  return ms;
}

/** @param ms whole, ≥ 0 @returns the shortest exact text: 90000 → `90s`, 3600000 → `1h` */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  for (const [unit, scale] of Object.entries(UNITS)) if (ms % scale === 0) return `${ms / scale}${unit}`;
  return `${ms}ms`;
}
