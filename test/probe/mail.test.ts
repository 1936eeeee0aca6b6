/** smtp against aiosmtpd, imap against dovecot: with and without TLS, and what they refuse. */
import assert from 'node:assert/strict';
import { fails, look, passes } from './looks.ts';
import {
  type Certificates,
  type Daemon,
  makeCertificates,
  startDovecot,
  startPeer,
  startSmtpd,
} from './servers.ts';

let certificates: Certificates;

/** A peer that says `script[0]` at once, then one entry for each line it is sent. */
async function withScript(script: readonly string[], use: (port: number) => Promise<void>): Promise<void> {
  const peer = await startPeer(socket => {
    let next = 1;
    socket.write(script[0] ?? '');
    socket.on('data', () => {
      socket.write(script[next] ?? '');
      next += 1;
    });
  });
  try {
    await use(peer.port);
  } finally {
    await peer.close();
  }
}

// One suite around both: a hook outside of any would run for the whole of the tests.
describe('probe: mail', () => {
  before(() => {
    certificates = makeCertificates();
  });

  describe('smtp', () => {
    const servers: (Daemon & { port: number })[] = [];
    let plain = 0;
    let starttls = 0;
    let tls = 0;
    before(async () => {
      servers.push(
        ...(await Promise.all(
          (['plain', 'starttls', 'tls'] as const).map(mode => startSmtpd(mode, certificates)),
        )),
      );
      [plain = 0, starttls = 0, tls = 0] = servers.map(server => server.port);
    });
    after(() => Promise.all(servers.map(server => server.stop())));

    it('greets and is greeted', async () => {
      const result = await look('smtp', { port: plain });
      passes(result, /^220 .*Python SMTP/);
      assert.match(String(result.facts?.banner), /Python SMTP/);
    });

    it('goes through STARTTLS, and verifies the certificate', async () => {
      const result = await look('smtp', { port: starttls, starttls: true, ca: certificates.ca });
      passes(result);
      assert.equal(result.facts?.certificateExpiresAt, certificates.good.expiresAt);
      fails(await look('smtp', { port: starttls, starttls: true }), 'tls', /UNABLE_TO_VERIFY/);
      passes(await look('smtp', { port: starttls, starttls: true, tlsVerify: false }));
      passes(await look('smtp', { port: starttls }));
    });

    it('speaks TLS from the start', async () => {
      passes(await look('smtp', { port: tls, tls: true, ca: certificates.ca }));
    });

    it('wants STARTTLS to be offered', async () => {
      fails(await look('smtp', { port: plain, starttls: true }), 'status', /STARTTLS is not offered/);
    });

    it('tells refusals, other protocols and injected text', async () => {
      await withScript(['554 go away\r\n'], async port =>
        fails(await look('smtp', { port }), 'status', /554 go away/),
      );
      await withScript(['220 hi\r\n', '421 busy\r\n'], async port =>
        fails(await look('smtp', { port }), 'status', /EHLO: 421 busy/),
      );
      await withScript(['* OK IMAP ready\r\n'], async port =>
        fails(await look('smtp', { port }), 'protocol', /not SMTP/),
      );
      await withScript(['220-a\r\n'.repeat(200)], async port =>
        fails(await look('smtp', { port }), 'protocol', /no end/),
      );
      await withScript(['220 hi\r\n', '250 STARTTLS\r\n', '220 go\r\n250 injected\r\n'], async port =>
        fails(await look('smtp', { port, starttls: true }), 'protocol', /plain text after/),
      );
    });

    it('presents the public name in EHLO, or another, and leaves with QUIT', async () => {
      for (const [ehlo, expected] of [
        [undefined, 'EHLO www.example.org'],
        ['probe.example.net', 'EHLO probe.example.net'],
      ] as const) {
        let heard = '';
        const peer = await startPeer(socket => {
          socket.write('220 hi\r\n');
          socket.on('data', chunk => {
            heard += chunk;
            if (heard.endsWith('QUIT\r\n')) socket.end('221 bye\r\n');
            else socket.write('250 ok\r\n');
          });
        });
        passes(await look('smtp', { port: peer.port, ehlo }));
        await peer.close();
        assert.equal(heard, `${expected}\r\nQUIT\r\n`);
      }
    });

    it('stays up when only the goodbye goes wrong', async () => {
      await withScript(['220 hi\r\n', '250 ok\r\n'], async port => passes(await look('smtp', { port }, 600)));
    });
  });

  describe('imap', () => {
    let dovecot: Daemon & { port: number; tlsPort: number };
    before(async () => {
      dovecot = await startDovecot(certificates);
    });
    after(() => dovecot?.stop());

    it('is greeted and asks for capabilities', async () => {
      passes(await look('imap', { port: dovecot.port }), /^\* OK .*ready/);
    });

    it('goes through STARTTLS or TLS, and verifies the certificate', async () => {
      for (const params of [
        { port: dovecot.port, starttls: true },
        { port: dovecot.tlsPort, tls: true },
      ]) {
        const result = await look('imap', { ...params, ca: certificates.ca });
        passes(result);
        assert.equal(result.facts?.certificateExpiresAt, certificates.good.expiresAt);
        fails(await look('imap', params), 'tls', /UNABLE_TO_VERIFY/);
      }
    });

    it('tells refusals, other protocols, a missing STARTTLS and injected text', async () => {
      const capable = '* CAPABILITY IMAP4rev1 STARTTLS\r\nu1 OK\r\n';
      const cases: readonly [readonly string[], object, 'status' | 'protocol', RegExp][] = [
        [['* BYE overloaded\r\n'], {}, 'status', /BYE overloaded/],
        [['220 mail\r\n'], {}, 'protocol', /not IMAP/],
        [['* OK\r\n', 'u1 BAD no\r\n'], {}, 'status', /u1 BAD/],
        [['* OK\r\n', 'u1 OK\r\n'], {}, 'protocol', /without capabilities/],
        [['* OK\r\n', '* x\r\n'.repeat(200)], {}, 'protocol', /no end/],
        [['* OK\r\n', '* CAPABILITY X\r\nu1 OK\r\n'], { starttls: true }, 'status', /not offered/],
        [
          ['* OK\r\n', capable, 'u2 OK\r\n* CAPABILITY Y\r\n'],
          { starttls: true },
          'protocol',
          /plain text after/,
        ],
      ];
      for (const [script, params, failure, detail] of cases)
        await withScript(script, async port =>
          fails(await look('imap', { port, ...params }), failure, detail),
        );
    });
  });
});
