/** The work of `serve`: the server of src/server over a state that is opened when it is first there. */
import type { HostPort } from '../../config/address.ts';
import { FORMATS } from '../../config/formats.ts';
import type { Settings } from '../../model/service.ts';
import type { Store } from '../../ports/store.ts';
import { startServer } from '../../server/server.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderError } from '../failure.ts';
import { type Io, UsageError } from '../io.ts';
import { clean } from '../render/text.ts';
import type { ServeOptions } from '../serve.ts';
import { loadConfig } from '../session.ts';
import { openForReading } from './reading.ts';

/** @returns 0 once it was told to stop @throws UnderstudyError `serve-failed` when it cannot listen there */
export async function serveStatus(io: Io, options: ServeOptions): Promise<ExitCode> {
  const listen = options.listen === undefined ? null : listenOf(options.listen);
  const loaded = await loadConfig(io, options.config, { leaveOutSecrets: true, quiet: true });
  const settings: Settings = listen === null ? loaded : { ...loaded, serve: listen };
  const state = lateStore(settings);
  const server = await startServer({
    store: state.store,
    settings,
    clock: systemClock,
    onError: thrown => io.err(renderError(thrown, { json: false })),
  });
  try {
    io.out(
      options.json === true
        ? `${JSON.stringify({ url: server.url })}\n`
        : `serving ${server.url}/status.json, ${server.url}/irc and ${server.url}/healthz\n`,
    );
    await stopped(io.stop);
  } finally {
    await server.close();
    await state.close();
  }
  return EXIT.ok;
}

/** The form and the words of the config's own `serve.listen`. */
function listenOf(text: string): Settings['serve'] {
  const field = { doc: '', format: 'listen' } as const;
  try {
    FORMATS.listen.check(text, field);
    const tree = { type: 'scalar', at: { line: 1, column: 1 }, value: text, text } as const;
    const { host, port } = FORMATS.listen.convert(tree, '', field) as HostPort;
    return { host, port };
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : 'is wrong';
    throw new UsageError(`--listen "${clean(text)}" ${what}; allowed: 127.0.0.1:8053, "[::1]:8053"`);
  }
}

/** A page that comes up before the first tick, or while the disk is full, says 503 and recovers by itself. */
function lateStore(settings: Settings): {
  readonly store: Pick<Store, 'service' | 'decision'>;
  close(): Promise<void>;
} {
  let opened: Promise<Store> | null = null;
  const open = (): Promise<Store> => {
    opened ??= openForReading(settings).catch(thrown => {
      opened = null;
      throw thrown;
    });
    return opened;
  };
  return {
    store: {
      service: async name => (await open()).service(name),
      decision: async service => (await open()).decision(service),
    },
    close: async () => {
      const store = await opened?.catch(() => null);
      await store?.close();
    },
  };
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
