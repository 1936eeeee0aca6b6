/** ssh against sshd, irc against ngircd, and a plain tcp look at both. */
import assert from 'node:assert/strict';
import { Secret } from '../../src/model/secret.ts';
import { createProber } from '../../src/probe/prober.ts';
import { fails, look, NAME, passes } from './looks.ts';
import {
  type Certificates,
  type Daemon,
  makeCertificates,
  startNgircd,
  startPeer,
  startSshd,
} from './servers.ts';

describe('probe: ssh and tcp', () => {
  let sshd: Daemon & { port: number };
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd?.stop());

  it('reads the identification', async () => {
    const result = await look('ssh', { port: sshd.port });
    passes(result, /^SSH-2\.0-OpenSSH/);
    assert.equal(result.facts?.banner, result.detail);
  });

  it('skips what a server may say before it, within reason', async () => {
    const say = async (text: string) => {
      const peer = await startPeer(socket => socket.write(text));
      const result = await look('ssh', { port: peer.port });
      await peer.close();
      return result;
    };
    passes(await say('Welcome\r\nto it\r\nSSH-2.0-x\r\n'), /^SSH-2\.0-x$/);
    passes(await say('SSH-1.99-old\n'));
    fails(await say('SSH-1.5-older\r\n'), 'protocol', /not SSH 2/);
    fails(await say('blah\r\n'.repeat(60)), 'protocol', /no SSH identification/);
  });

  it('sees a frozen sshd, which plain tcp cannot', async () => {
    sshd.freeze();
    try {
      passes(await look('tcp', { port: sshd.port }, 300), /connected/);
      fails(
        await look('tcp', { port: sshd.port, expect: 'SSH-' }, 300),
        'timeout',
        /no first line within 300 ms/,
      );
      fails(await look('ssh', { port: sshd.port }, 300), 'timeout', /no SSH identification within/);
    } finally {
      sshd.thaw();
    }
  });

  it('tcp compares the first line, after sending one if told to', async () => {
    passes(await look('tcp', { port: sshd.port, expect: 'OpenSSH' }), /^SSH-2/);
    fails(await look('tcp', { port: sshd.port, expect: 'dropbear' }), 'status', /not as expected: SSH-2/);
    const echo = await startPeer(socket => socket.pipe(socket));
    passes(await look('tcp', { port: echo.port, send: 'PING', expect: 'PING' }));
    fails(await look('tcp', { port: echo.port, send: 'a\nb', expect: 'a' }), 'internal', /line end/);
    await echo.close();
  });

  it('tcp needs a port', async () => {
    fails(await look('tcp', {}), 'internal', /"port" is missing/);
    fails(await look('tcp', { port: '22' }), 'internal', /"port" is not of the form port/);
  });
});

describe('probe: irc', () => {
  let certificates: Certificates;
  let ngircd: Daemon & { port: number; tlsPort: number };
  before(async () => {
    certificates = makeCertificates();
    ngircd = await startNgircd(certificates);
  });
  after(() => ngircd?.stop());

  it('registers and is welcomed, in plain text and over TLS', async () => {
    passes(await look('irc', { port: ngircd.port }), /^Welcome/);
    const result = await look('irc', { port: ngircd.tlsPort, tls: true, ca: certificates.ca });
    passes(result, /^Welcome/);
    assert.equal(result.facts?.certificateExpiresAt, certificates.good.expiresAt);
    fails(await look('irc', { port: ngircd.tlsPort, tls: true }), 'tls', /UNABLE_TO_VERIFY/);
  });

  it('takes another nick when its own is taken', async () => {
    // Two probes with the same "random" nick, the first still lingering; then digits that are free.
    const ids = [7, 7, 8];
    const prober = createProber({ randomId: () => ids.shift() ?? 9 });
    const target = { address: '127.0.0.1', family: 'v4', publicName: NAME } as const;
    const both = [1, 2].map(() => prober.probe('irc', { port: ngircd.port, nick: 'twins' }, target, 5000));
    const welcomes = (await Promise.all(both)).map(result => /twins000\d/.exec(result.detail ?? '')?.[0]);
    assert.deepEqual(welcomes.sort(), ['twins0007', 'twins0008']);
  });

  /** A peer that answers USER with `text` and notes all it hears. */
  async function withIrcd(
    text: string,
    use: (port: number, heard: () => string) => Promise<void>,
  ): Promise<void> {
    let heard = '';
    const peer = await startPeer(socket => {
      socket.on('data', chunk => {
        const fresh = !heard.includes('USER ');
        heard += chunk;
        if (fresh && heard.includes('USER ')) socket.write(text);
        if (heard.includes('PONG :a b')) socket.write(':s 001 n :Hi\r\n');
        if (heard.includes('QUIT')) socket.end();
      });
    });
    await use(peer.port, () => heard);
    await peer.close();
  }

  it('answers PING, gives its password and quits', async () => {
    await withIrcd('PING :a b\r\n', async (port, heard) => {
      passes(await look('irc', { port, password: new Secret('hush', 'test') }), /^Hi$/);
      assert.match(
        heard(),
        /^PASS :hush\r\nNICK probe\d{4}\r\nUSER understudy .*\r\nPONG :a b\r\nQUIT :.*\r\n$/,
      );
    });
  });

  it('tells refusals and other protocols', async () => {
    const cases: readonly [string, 'status' | 'protocol' | 'reset', RegExp][] = [
      ['ERROR :Closing Link: throttled\r\n', 'status', /throttled/],
      [':s 465 n :You are banned\r\n', 'status', /465 You are banned/],
      ['500 what?\r\n', 'status', /500/],
      ['* OK\r\n', 'protocol', /not IRC/],
      [':s NOTICE * :wait\r\n'.repeat(300), 'protocol', /no 001/],
    ];
    for (const [text, failure, detail] of cases)
      await withIrcd(text, async port => fails(await look('irc', { port }), failure, detail));
  });

  it('sees a server that lets nobody in as a timeout', async () => {
    await withIrcd(':s NOTICE * :*** Looking up your hostname\r\n', async port =>
      fails(await look('irc', { port }, 300), 'timeout', /no 001 \(welcome\) within/),
    );
  });
});
