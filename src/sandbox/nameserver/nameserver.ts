/**
 * An authoritative DNS server for the embedded world: answers over UDP and TCP, on one port, from zones that may
 * change between two questions (those of the Route 53 emulator). For loopback; it has no rate limit.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { ServedZone } from './answer.ts';
import { respond } from './message.ts';

export interface NameserverOptions {
  readonly zones: readonly ServedZone[];
  /** A loopback address; 127.0.0.1 unless told otherwise. */
  readonly host?: string;
  /** 0 (the default) takes one that is free for both UDP and TCP. */
  readonly port?: number;
}

export interface Nameserver {
  /** `ip:port`, `[ip]:port` for IPv6. */
  readonly address: string;
  readonly port: number;
  /** True: takes queries and answers none (a black hole). False: answers again. */
  pause(on: boolean): void;
  close(): Promise<void>;
}

const TCP_IDLE_MS = 10_000;
const PORT_TRIES = 20;

/** Starts the server. @throws the system's error when the port is taken */
export async function startNameserver(options: NameserverOptions): Promise<Nameserver> {
  const host = options.host ?? '127.0.0.1';
  const wanted = options.port ?? 0;
  let paused = false;
  const answer = (bytes: Buffer, transport: 'udp' | 'tcp'): Buffer | null =>
    paused ? null : respond(bytes, transport, options.zones);

  const { udp, tcp, port } = await bindBoth(host, wanted);
  udp.on('message', (bytes, peer) => {
    const reply = answer(bytes, 'udp');
    if (reply !== null) udp.send(reply, peer.port, peer.address, () => undefined);
  });
  // An ICMP error of a client that is gone must not end the server.
  udp.on('error', () => undefined);
  const connections = new Set<Socket>();
  tcp.on('connection', socket => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    converse(socket, bytes => answer(bytes, 'tcp'));
  });
  return {
    address: `${isIPv6(host) ? `[${host}]` : host}:${port}`,
    port,
    pause: on => {
      paused = on;
    },
    close: async () => {
      const closed = [once(udp, 'close'), once(tcp, 'close')];
      udp.close();
      tcp.close();
      for (const socket of connections) socket.destroy();
      await Promise.all(closed);
    },
  };
}

/** One port for both: takes a free TCP port and tries UDP on it; another program may hold that one. */
async function bindBoth(
  host: string,
  wanted: number,
): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  for (let tries = 1; ; tries += 1) {
    const tcp = createServer();
    tcp.listen(wanted, host);
    await once(tcp, 'listening');
    const bound = tcp.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : wanted;
    const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    try {
      udp.bind(port, host);
      await once(udp, 'listening');
      return { udp, tcp, port };
    } catch (error) {
      udp.close();
      tcp.close();
      if (wanted !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

/** DNS over TCP: messages with a two-byte length before them, several to a connection (RFC 7766). */
function converse(socket: Socket, answer: (bytes: Buffer) => Buffer | null): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', chunk => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const end = 2 + pending.readUInt16BE(0);
      if (pending.length < end) return;
      const reply = answer(pending.subarray(2, end));
      pending = pending.subarray(end);
      if (reply === null) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    }
  });
}
