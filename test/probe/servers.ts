/**
 * Real servers for the probes to look at: Debian's daemons, each with a config of its own in a fresh directory and
 * a free loopback port, ready when their log says so; certificates made by openssl; and peers that misbehave,
 * written straight on sockets. Whatever is started here is ended by `stop()`, or with the test process.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { makeWorkspace } from '../workspace.ts';

export interface Daemon {
  readonly pid: number;
  /** Freezes the process, as a hang does: the kernel goes on accepting for it. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Generous: these start within a second on a busy machine. */
const START_LIMIT_MS = 15_000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program that stays in the foreground and resolves when `ready` has been printed. */
export async function startDaemon(command: string, args: readonly string[], ready: RegExp): Promise<Daemon> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const patience = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} did not say ${ready}:\n${output}`));
    }, START_LIMIT_MS);
    const look = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
      if (!ready.test(output)) return;
      clearTimeout(patience);
      resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('error', reject);
    child.once('exit', status => {
      clearTimeout(patience);
      running.delete(child);
      reject(new Error(`${command} ended with ${status}:\n${output}`));
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} has no pid`);
  return {
    pid,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async stop() {
      running.delete(child);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 3000);
      await gone;
      clearTimeout(patience);
    },
  };
}

/** A TCP port that was free a moment ago; for daemons that cannot be told to choose one. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A port that is free for UDP and TCP, on 127.0.0.1 and ::1: named says that it runs even when it got none of them. */
async function freeDnsPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const sockets = [createSocket('udp4'), createSocket('udp6')];
    try {
      for (const [index, address] of ['127.0.0.1', '::1'].entries()) {
        sockets[index]?.bind(port, address);
        if (sockets[index] !== undefined) await once(sockets[index], 'listening');
      }
      return port;
    } catch {
      // Taken by another test run on this machine.
    } finally {
      for (const socket of sockets) socket.close();
    }
  }
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Instant of expiry as openssl prints it, ms. */
  readonly expiresAt: number;
}

export interface Certificates {
  readonly directory: string;
  /** PEM file of the authority that signed them all. */
  readonly ca: string;
  /** For www.example.org. */
  readonly good: Certificate;
  /** For www.example.org, ended yesterday. */
  readonly expired: Certificate;
  /** For other.example.net. */
  readonly otherName: Certificate;
}

function openssl(args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** An authority and three certificates, P-256 (quick to make). */
export function makeCertificates(): Certificates {
  const directory = makeWorkspace('certificates');
  const at = (name: string) => join(directory, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl([
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=Test CA',
    '-days',
    '9',
  ]);
  const make = (label: string, name: string, days: number): Certificate => {
    const [key, cert, csr, ext] = [`${label}.key`, `${label}.pem`, `${label}.csr`, `${label}.ext`].map(
      at,
    ) as [string, string, string, string];
    writeFileSync(ext, `subjectAltName=DNS:${name}\n`);
    openssl(['req', ...newKey, '-keyout', key, '-out', csr, '-subj', `/CN=${name}`]);
    openssl([
      'x509',
      '-req',
      '-in',
      csr,
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      ext,
      '-out',
      cert,
    ]);
    const end = openssl(['x509', '-in', cert, '-noout', '-enddate']).replace('notAfter=', '').trim();
    return { cert, key, expiresAt: Date.parse(end) };
  };
  return {
    directory,
    ca: at('ca.pem'),
    good: make('good', 'www.example.org', 5),
    expired: make('expired', 'www.example.org', -1),
    otherName: make('other', 'other.example.net', 5),
  };
}

export async function startNgircd(
  certificates: Certificates,
): Promise<Daemon & { port: number; tlsPort: number }> {
  const directory = makeWorkspace('ngircd');
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(directory, 'ngircd.conf');
  writeFileSync(
    config,
    `[Global]
Name = irc.example.org
Info = test
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = hello
ServerUID = ${userInfo().uid}
ServerGID = ${userInfo().gid}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = ${certificates.good.cert}
KeyFile = ${certificates.good.key}
Ports = ${tlsPort}
`,
  );
  const daemon = await startDaemon(
    '/usr/sbin/ngircd',
    ['-n', '-f', config],
    new RegExp(`listening on .*${tlsPort}`),
  );
  return { ...daemon, port, tlsPort };
}

export async function startSshd(): Promise<Daemon & { port: number }> {
  const directory = makeWorkspace('sshd');
  const port = await freePort();
  const key = join(directory, 'host_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  // Debian's sshd wants its separation directory when it runs as root.
  if (userInfo().uid === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  const options = [`Port=${port}`, 'ListenAddress=127.0.0.1', `HostKey=${key}`, 'PidFile=none', 'UsePAM=no'];
  const args = ['-D', '-e', '-f', '/dev/null', ...options.flatMap(option => ['-o', option])];
  const daemon = await startDaemon('/usr/sbin/sshd', args, /Server listening on/);
  return { ...daemon, port };
}

export async function startDovecot(
  certificates: Certificates,
): Promise<Daemon & { port: number; tlsPort: number }> {
  const directory = makeWorkspace('dovecot');
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(directory, 'dovecot.conf');
  const root = userInfo().uid === 0;
  const users = root
    ? ''
    : `default_internal_user = ${userInfo().username}\ndefault_login_user = ${userInfo().username}\n`;
  writeFileSync(
    config,
    `protocols = imap
base_dir = ${directory}/run
log_path = /dev/stderr
ssl = yes
ssl_cert = <${certificates.good.cert}
ssl_key = <${certificates.good.key}
listen = 127.0.0.1
${users}service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
passdb {
  driver = static
  args = nopassword=y
}
`,
  );
  chmodSync(directory, 0o755);
  const daemon = await startDaemon('/usr/sbin/dovecot', ['-F', '-c', config], /starting up/);
  return { ...daemon, port, tlsPort };
}

/** aiosmtpd; with `starttls` as most mail servers have it, with `tls` as port 465 has it. */
export async function startSmtpd(
  mode: 'plain' | 'starttls' | 'tls',
  certificates: Certificates,
): Promise<Daemon & { port: number }> {
  const port = await freePort();
  const { cert, key } = certificates.good;
  const flags = {
    plain: [],
    starttls: ['--tlscert', cert, '--tlskey', key, '--no-requiretls'],
    tls: ['--smtpscert', cert, '--smtpskey', key],
  }[mode];
  const args = ['-n', '-d', '-c', 'aiosmtpd.handlers.Sink', '-l', `127.0.0.1:${port}`, ...flags];
  const daemon = await startDaemon('/usr/bin/aiosmtpd', args, /Server is listening/);
  return { ...daemon, port };
}

/** bind9 with the zone example.org; `big.example.org` TXT does not fit into 512 bytes. */
export async function startNamed(): Promise<Daemon & { port: number }> {
  const directory = makeWorkspace('named');
  const port = await freeDnsPort();
  const big = Array.from({ length: 20 }, (_, n) => `big IN TXT "${String(n).padStart(60, 'x')}"`).join('\n');
  writeFileSync(
    join(directory, 'zone'),
    `$TTL 60
@ IN SOA ns1.example.org. Hostmaster.example.org. 7 3600 600 86400 30
@ IN NS ns1.example.org.
ns1 IN A 127.0.0.1
www IN A 192.0.2.1
www IN A 192.0.2.2
www IN AAAA 2001:DB8::0:1
alias IN CNAME www
@ IN MX 10 Mail.example.org.
mail IN A 192.0.2.3
_understudy-web IN TXT "v=1 epoch=7 active=hel1 owner=r-1"
odd IN TXT "a\\"b" "c\\\\d\\200"
${big}
`,
  );
  const config = join(directory, 'named.conf');
  writeFileSync(
    config,
    `options {
  directory "${directory}"; pid-file none; session-keyfile none; managed-keys-directory "${directory}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 port ${port} { ::1; };
  recursion no; dnssec-validation no; max-udp-size 512;
};
controls { };
zone "example.org" { type primary; file "zone"; };
`,
  );
  const daemon = await startDaemon('/usr/sbin/named', ['-g', '-n', '1', '-c', config], /\brunning\b/);
  for (const address of ['127.0.0.1', '::1']) {
    // It says "running" a moment before its sockets are open; dig asks until one answers, 20 s at the most.
    execFileSync(
      'dig',
      ['+time=1', '+tries=20', '+retry=20', `@${address}`, '-p', String(port), 'example.org', 'SOA'],
      {
        stdio: 'ignore',
      },
    );
  }
  return { ...daemon, port };
}

export async function startNginx(
  certificates: Certificates,
): Promise<Daemon & { port: number; tlsPort: number }> {
  const directory = makeWorkspace('nginx');
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(directory, 'nginx.conf');
  mkdirSync(join(directory, 'root'));
  writeFileSync(join(directory, 'root', 'index.html'), '<p>Grüße vom Standort Berlin</p>\n'.repeat(3000));
  chmodSync(directory, 0o755);
  const server = (
    listen: string,
  ) => `server { listen ${listen}; server_name www.example.org; root ${directory}/root;
    location = /moved { return 301 https://www.example.org/; } location = /gone { return 503; } location = /none { return 204; }
    location = /chunked.html { alias ${directory}/root/index.html; ssi on; } }
    server { listen ${listen.replace('default_server', '')}; server_name virtual.example.org; location / { return 200 "virtual\\n"; } }`;
  const user = userInfo().uid === 0 ? `user ${userInfo().username};` : '';
  writeFileSync(
    config,
    `daemon off; master_process off; ${user} pid ${directory}/pid; error_log stderr notice;
events { worker_connections 64; }
http { access_log off; client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  ssl_certificate ${certificates.good.cert}; ssl_certificate_key ${certificates.good.key};
  ${server(`127.0.0.1:${port} default_server`)}
  ${server(`127.0.0.1:${tlsPort} ssl default_server`)}
}
`,
  );
  const daemon = await startDaemon(
    '/usr/sbin/nginx',
    ['-c', config, '-p', directory, '-e', 'stderr'],
    /start worker|using the "epoll"/,
  );
  return { ...daemon, port, tlsPort };
}

export interface Peer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  close(): Promise<void>;
}

/** A server in this process that does to each connection what `behave` says; errors of its sockets are its own business. */
export async function startPeer(behave: (socket: Socket) => void, host = '127.0.0.1'): Promise<Peer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer({ allowHalfOpen: true }, socket => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    behave(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
