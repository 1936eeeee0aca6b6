/**
 * AWS Signature Version 4 as the vendor checks it: who signed, and is it right. Verified in full when the emulator
 * knows the secret key, so that a client that mangles a path or a body on the way is found out here.
 */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { compare } from './sets.ts';
import { ApiError } from './wire.ts';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Credentials {
  /** Null accepts any key id. */
  readonly accessKeyId: string | null;
  /** Null: the signature itself is not verified. */
  readonly secretAccessKey: string | null;
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** @throws ApiError 403 as the vendor words it */
export function checkSignature(request: SignedRequest, credentials: Credentials): void {
  const header = request.headers.authorization;
  if (header === undefined)
    throw new ApiError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
  const [, keyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] =
    FORM.exec(header) ?? [];
  if (keyId === '' || service !== 'route53')
    throw new ApiError(403, 'IncompleteSignature', 'Authorization header is not a Route 53 signature');
  if (credentials.accessKeyId !== null && keyId !== credentials.accessKeyId)
    throw new ApiError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  if (credentials.secretAccessKey === null) return;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const time = String(request.headers['x-amz-date'] ?? '');
  const wanted = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', time, scope, sha256(canonical(request, signedHeaders))].join('\n'))
    .digest('hex');
  if (wanted !== signature)
    throw new ApiError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
}

function canonical(request: SignedRequest, signedHeaders: string): string {
  const [path = '/', query = ''] = request.target.split('?');
  const headers = signedHeaders.split(';').map(name => {
    const value = String(request.headers[name] ?? '').trim();
    return `${name}:${value.replace(/ +/g, ' ')}\n`;
  });
  return [
    request.method,
    // Every service but S3 signs the path encoded once more than it is sent.
    path.split('/').map(encodeStrict).join('/'),
    query.split('&').filter(Boolean).map(withEquals).sort(compare).join('&'),
    headers.join(''),
    signedHeaders,
    sha256(request.body),
  ].join('\n');
}

function withEquals(pair: string): string {
  return pair.includes('=') ? pair : `${pair}=`;
}

function encodeStrict(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
