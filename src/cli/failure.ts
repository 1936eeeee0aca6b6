/** What went wrong, as one line for a person (or one JSON object), and the exit code for a program. */
import { SupersededError } from '../execute/context.ts';
import { StoreError, UnderstudyError } from '../ports/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { UsageError } from './io.ts';

/** @returns the text for stderr, with a line end; never a stack trace for what a user can cause */
export function renderError(thrown: unknown, options: { readonly json: boolean }): string {
  const code =
    thrown instanceof UnderstudyError ? thrown.code : thrown instanceof UsageError ? 'usage' : 'internal';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const next = thrown instanceof UnderstudyError ? thrown.next : null;
  if (options.json) return `${JSON.stringify({ error: { code, message, next } })}\n`;
  const tail = next === null ? '' : `\n  next: ${next}`;
  const trace = code === 'internal' && thrown instanceof Error ? `\n${thrown.stack ?? ''}` : '';
  return `understudy: ${message}${tail}${trace}\n`;
}

export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof UsageError) return EXIT.usage;
  if (thrown instanceof StoreError) return EXIT.store;
  if (thrown instanceof SupersededError) return EXIT.superseded;
  if (!(thrown instanceof UnderstudyError)) return EXIT.internal;
  if (thrown.code === 'config-refused') return EXIT.config;
  if (thrown.code === 'simulator-failed') return EXIT.internal;
  return thrown.code === 'lease-lost' ? EXIT.superseded : EXIT.failed;
}
