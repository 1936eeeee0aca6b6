/** What the public would get from the embedded world's name server, asked with Node's own resolver, not understudy's. */
import { Resolver } from 'node:dns/promises';
import { EPOCH_RECORD, RECORD } from './config.ts';
import type { Nameserver } from './nameserver/nameserver.ts';

/** What the name server answers at this moment. */
export interface Answers {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  /** Text of the epoch record; null when there is none. */
  readonly epoch: string | null;
}

/** No record of that type, or no such name: an empty answer. Anything else is the caller's business. */
async function orNone<T>(asking: Promise<T[]>): Promise<T[]> {
  try {
    return await asking;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENODATA' || code === 'ENOTFOUND') return [];
    throw error;
  }
}

/** @throws the resolver's error when the server does not answer */
export async function ask(nameserver: Nameserver): Promise<Answers> {
  const resolver = new Resolver({ timeout: 400, tries: 2 });
  resolver.setServers([nameserver.address]);
  const [v4, v6, texts] = await Promise.all([
    orNone(resolver.resolve4(RECORD)),
    orNone(resolver.resolve6(RECORD)),
    orNone(resolver.resolveTxt(EPOCH_RECORD)),
  ]);
  return { v4, v6, epoch: texts[0]?.join('') ?? null };
}
