/**
 * Opens a TCP connection to the site's address, and TLS on top of it. Always to an address literal: a probe that
 * asked DNS for the name under control would follow our own flips. TLS verification is done here and not by
 * Node's `rejectUnauthorized`, so that the end of an expired certificate can still be reported.
 */
import { connect, isIP, type Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { type Attempt, failureOf, ProbeFailure } from './attempt.ts';

/**
 * @returns a connected socket that is destroyed when the attempt ends; late errors on it are swallowed
 * @throws ProbeFailure
 */
export function dial(attempt: Attempt, address: string, port: number): Promise<Socket> {
  if (isIP(address) === 0) throw new ProbeFailure('internal', `"${address}" is not an IP address`);
  return new Promise((resolve, reject) => {
    attempt.phase = 'connection';
    const socket = connect({ host: address, port, noDelay: true });
    attempt.onEnd(() => socket.destroy());
    // This listener stays for good: a reset that arrives after the verdict must not be an uncaught error.
    socket.on('error', error => reject(failureOf(error)));
    socket.once('connect', () => resolve(socket));
  });
}

export interface TlsSettings {
  readonly tlsVerify: boolean;
  readonly ca: string | null;
}

type Tls = typeof import('node:tls');
let loadedTls: Tls | undefined;

/** node:tls costs start-up time, which a tick with plain probes need not pay. */
async function loadTls(): Promise<Tls> {
  loadedTls ??= await import('node:tls');
  return loadedTls;
}

/** One context per authority text: making one costs more than the handshake's other set-up together. */
const contexts = new Map<string, SecureContext>();

/** Read anew each time (it is small), so that a replaced CA file counts without a restart. */
async function contextFor(tls: Tls, ca: string | null): Promise<SecureContext> {
  let pem = '';
  if (ca !== null) {
    const { readFile } = await import('node:fs/promises');
    try {
      pem = await readFile(ca, 'utf8');
    } catch (error) {
      throw new ProbeFailure('internal', `the CA file cannot be read: ${failureOf(error).message}`);
    }
  }
  const known = contexts.get(pem);
  if (known !== undefined) return known;
  // Only replaced files add entries; a handful is normal and a runaway is not kept.
  if (contexts.size >= 64) contexts.clear();
  const context = tls.createSecureContext(pem === '' ? {} : { ca: pem });
  contexts.set(pem, context);
  return context;
}

/**
 * Handshakes over a connected socket, presenting `name` (SNI unless it is an IP address), and puts
 * `certificateExpiresAt` (ms since the epoch, of the server's own certificate) into the attempt's facts.
 * @throws ProbeFailure `tls` when the certificate is not accepted, `reset` when the peer hangs up
 */
export async function secure(
  attempt: Attempt,
  socket: Socket,
  name: string,
  settings: TlsSettings,
): Promise<TLSSocket> {
  attempt.phase = 'TLS handshake';
  const tls = await loadTls();
  const secureContext = await contextFor(tls, settings.ca);
  return new Promise((resolve, reject) => {
    const secured = tls.connect({
      socket,
      secureContext,
      // `host` is what the certificate is matched against when there is no SNI; no connection is made to it.
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      rejectUnauthorized: false,
    });
    attempt.onEnd(() => secured.destroy());
    secured.on('error', error => reject(failureOf(error)));
    secured.once('close', () => reject(new ProbeFailure('reset', 'connection closed during the handshake')));
    secured.once('secureConnect', () => {
      const expiresAt = Date.parse(secured.getPeerX509Certificate()?.validTo ?? '');
      if (!Number.isNaN(expiresAt)) attempt.facts.certificateExpiresAt = expiresAt;
      if (!settings.tlsVerify || secured.authorized) resolve(secured);
      else reject(new ProbeFailure('tls', `certificate not accepted for ${name}: ${reasonOf(secured)}`));
    });
  });
}

/** Node declares `authorizationError` an Error and sets a code such as CERT_HAS_EXPIRED. */
function reasonOf(secured: TLSSocket): string {
  const reason: unknown = secured.authorizationError;
  return reason instanceof Error ? reason.message : String(reason);
}
