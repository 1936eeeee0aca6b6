/**
 * A value that must not be seen: API tokens, webhook keys. It prints, inspects and serialises as `[secret]`,
 * so that a careless log line or JSON.stringify cannot leak it; `reveal()` is called only where it is sent.
 */
import { inspect } from 'node:util';

export class Secret {
  readonly #value: string;
  /** Where it came from (`env HCLOUD_TOKEN`, `file /etc/…`): safe to show. */
  readonly source: string;

  constructor(value: string, source: string) {
    this.#value = value;
    this.source = source;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return `[secret from ${this.source}]`;
  }
}
