/** http, https and tls against nginx and Node's own servers, with certificates of our own authority. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fails, look, NAME, passes, resources, settled } from './looks.ts';
import { type Certificate, type Certificates, type Daemon, makeCertificates, startNginx } from './servers.ts';

let certificates: Certificates;
let nginx: Daemon & { port: number; tlsPort: number };

async function withServer<T>(server: Server, host: string, use: (port: number) => Promise<T>): Promise<T> {
  server.listen(0, host);
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const withTls = <T>(certificate: Certificate, use: (port: number) => Promise<T>) =>
  withServer(
    createTlsServer(
      { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
      (request, response) => response.end(`host ${request.headers.host}`),
    ),
    '127.0.0.1',
    use,
  );

// One suite around both: hooks outside of any would run for the whole of the tests.
describe('probe: web', () => {
  before(async () => {
    certificates = makeCertificates();
    nginx = await startNginx(certificates);
  });
  after(() => nginx?.stop());

  describe('http', () => {
    it('accepts 200 to 399 unless told otherwise, and follows no redirect', async () => {
      passes(await look('http', { port: nginx.port }), /^HTTP 200$/);
      const moved = await look('http', { port: nginx.port, path: '/moved' });
      passes(moved, /^HTTP 301$/);
      assert.deepEqual(moved.facts, { status: 301 });
      passes(await look('http', { port: nginx.port, path: '/none' }), /^HTTP 204$/);
      fails(await look('http', { port: nginx.port, path: '/gone' }), 'status', /^HTTP 503$/);
      passes(await look('http', { port: nginx.port, path: '/gone', status: [503] }));
      fails(await look('http', { port: nginx.port, status: [204, 301] }), 'status', /^HTTP 200$/);
    });

    it('looks for a text in counted and chunked bodies, as UTF-8', async () => {
      for (const path of ['/', '/chunked.html']) {
        passes(await look('http', { port: nginx.port, path, body: 'Grüße vom Standort' }));
        fails(await look('http', { port: nginx.port, path, body: 'Grusse' }), 'status', /does not hold/);
      }
    });

    it('asks with HEAD when told to', async () => {
      passes(await look('http', { port: nginx.port, method: 'HEAD' }), /^HTTP 200$/);
      fails(
        await look('http', { port: nginx.port, method: 'HEAD', body: 'Grüße' }),
        'status',
        /does not hold/,
      );
    });

    it('presents the public name, or another host when told to', async () => {
      fails(await look('http', { port: nginx.port, body: 'virtual' }), 'status', /does not hold/);
      passes(await look('http', { port: nginx.port, host: 'virtual.example.org', body: 'virtual' }));
    });

    it('sends one plain request that closes the connection', async () => {
      let seen: unknown;
      const server = createServer((request, response) => {
        seen = [request.method, request.url, request.headers];
        response.end();
      });
      await withServer(server, '127.0.0.1', async port => {
        passes(await look('http', { port, path: '/health?x=1' }));
        const headers = {
          host: `${NAME}:${port}`,
          'user-agent': 'understudy',
          accept: '*/*',
          connection: 'close',
        };
        assert.deepEqual(seen, ['GET', '/health?x=1', headers]);
      });
    });

    it('goes to an IPv6 address as well', async () => {
      await withServer(
        createServer((_, response) => response.end('six')),
        '::1',
        async port => {
          passes(await look('http', { port, body: 'six' }, 5000, '::1'));
          fails(await look('http', { port }, 5000), 'refused', /ECONNREFUSED/);
        },
      );
    });

    it('refuses settings that would break out of the request', async () => {
      fails(await look('http', { port: nginx.port, path: '/ HTTP/1.1\r\nX: y' }), 'internal', /path/);
      fails(await look('http', { port: nginx.port, host: 'a\r\nX: y' }), 'internal', /host/);
    });

    it('sees a frozen server as a timeout, at the deadline', async () => {
      nginx.freeze();
      try {
        fails(await look('http', { port: nginx.port }, 300), 'timeout', /^no answer within 300 ms$/);
      } finally {
        nginx.thaw();
      }
      passes(await look('http', { port: nginx.port }));
    });
  });

  describe('https and tls', () => {
    it('verifies chain and name, and tells when the certificate ends', async () => {
      const wanted = { port: nginx.tlsPort, ca: certificates.ca };
      const result = await look('https', { ...wanted, body: 'Grüße' });
      passes(result, /^HTTP 200$/);
      assert.deepEqual(result.facts, { status: 200, certificateExpiresAt: certificates.good.expiresAt });
      const bare = await look('tls', wanted);
      passes(bare, /^TLSv1/);
      assert.equal(bare.facts?.certificateExpiresAt, certificates.good.expiresAt);
    });

    it('does not accept an unknown authority, another name or an expired certificate, but still tells its end', async () => {
      const unknown = await look('https', { port: nginx.tlsPort });
      fails(unknown, 'tls', /not accepted for www\.example\.org: UNABLE_TO_VERIFY/);
      await withTls(certificates.expired, async port => {
        const result = await look('https', { port, ca: certificates.ca });
        fails(result, 'tls', /CERT_HAS_EXPIRED/);
        assert.equal(result.facts?.certificateExpiresAt, certificates.expired.expiresAt);
        passes(await look('https', { port, tlsVerify: false }));
      });
      await withTls(certificates.otherName, async port => {
        fails(await look('tls', { port, ca: certificates.ca }), 'tls', /ERR_TLS_CERT_ALTNAME_INVALID/);
        const other = { port, ca: certificates.ca, host: 'other.example.net' };
        passes(await look('https', { ...other, body: `host other.example.net:${port}` }));
      });
    });

    it('presents the name in SNI, but never an address', async () => {
      const names: unknown[] = [];
      const { cert, key } = certificates.good;
      const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) =>
        response.end(),
      );
      server.on('secureConnection', socket => names.push(socket.servername));
      await withServer(server, '127.0.0.1', async port => {
        for (const host of [undefined, 'other.example.net', '192.0.2.1'])
          passes(await look('https', { port, host, tlsVerify: false }));
      });
      assert.deepEqual(names, [NAME, 'other.example.net', false]);
    });

    it('tells plain HTTP on a TLS port, and the other way round', async () => {
      fails(await look('https', { port: nginx.port }), 'tls', /TLS failed/);
      fails(await look('http', { port: nginx.tlsPort }), 'status', /^HTTP 400$/);
    });

    it('says so when the authority cannot be read', async () => {
      fails(await look('tls', { port: nginx.tlsPort, ca: '/nonexistent.pem' }), 'internal', /CA file/);
    });

    it('survives many handshakes that end at once', async () => {
      // Closing the socket before the TLS on it crashed the process within a few of these.
      const before = await resources();
      for (let n = 0; n < 30; n += 1) {
        const probes = Array.from({ length: 4 }, () =>
          look('tls', { port: nginx.tlsPort, ca: certificates.ca }),
        );
        for (const result of await Promise.all(probes)) passes(result);
      }
      await settled(before);
    });
  });
});
