/**
 * A listener of the sandbox as a program of its own, so that it can be killed, stopped and black-holed like a real
 * machine's: one process, one address. Started by listener.ts with its spec as JSON in the first argument; prints
 * `listening PORT` when it is ready; ends when its stdin closes, which happens when the parent is gone.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { ListenerSpec } from './listener.ts';

/** Small, so that filling the queue (to make the kernel drop SYNs) takes few connections; large enough for bursts of probes. */
const BACKLOG = 32;

function roleIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** `/` says who this is, `/role` what it was told to be: read anew each time, as a real service would react. */
function siteServer(name: string, roleFile: string): Server {
  const server = createHttpServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    const known = path === '/' || path === '/role';
    const body = path === '/role' ? roleIn(roleFile) : known ? `site ${name}` : 'not here';
    response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : `${body}\n`);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

/** A host that is merely there: takes the connection and hangs up. */
function referenceServer(): TcpServer {
  return createTcpServer(socket => {
    socket.on('error', () => socket.destroy());
    socket.end();
  });
}

const spec: ListenerSpec = JSON.parse(process.argv[2] ?? '{}');
const server = spec.kind === 'site' ? siteServer(spec.name, spec.roleFile) : referenceServer();
server.once('error', error => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.listen({ host: spec.address, port: spec.port, backlog: BACKLOG, ipv6Only: true }, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.stdin.once('end', () => process.exit(0)).resume();
