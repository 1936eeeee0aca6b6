/**
 * The emulator's answers against the vendor's own description of the API, when somebody has it at hand:
 * UNDERSTUDY_HCLOUD_OPENAPI names the file (OpenAPI 3, JSON, schemas inline). It is not part of this project, and
 * without it the answers are held only against the keys listed here, which a person copied from the documentation.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { HcloudEmulator } from '../../../src/sandbox/hcloud/hcloud.ts';
import { startHcloud } from '../../../src/sandbox/hcloud/hcloud.ts';
import { canaries } from '../../secrets.ts';

interface Schema {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** What the documentation of October 2026 marks as required, by the first segment of the path. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  server:
    'id name status created public_net private_net server_type location image iso rescue_enabled locked backup_window outgoing_traffic ingoing_traffic included_traffic protection labels primary_disk_size'.split(
      ' ',
    ),
  primary_ip:
    'id name labels created blocked location ip dns_ptr protection type auto_delete assignee_type assignee_id'.split(
      ' ',
    ),
  action: 'id command status started finished progress resources error'.split(' '),
  error: ['code', 'message'],
};

const CALLS = [
  ['GET', '/servers', '/servers'],
  ['GET', '/servers/42', '/servers/{id}'],
  ['GET', '/servers/44', '/servers/{id}'],
  ['GET', '/servers/404', '/servers/{id}'],
  ['POST', '/servers/42/actions/poweroff', '/servers/{id}/actions/poweroff'],
  ['POST', '/servers/43/actions/poweron', '/servers/{id}/actions/poweron'],
  ['GET', '/servers/42/actions', '/servers/{id}/actions'],
  ['GET', '/actions?id=600000001', '/actions'],
  ['GET', '/actions/600000001', '/actions/{id}'],
  ['GET', '/primary_ips', '/primary_ips'],
  ['GET', '/primary_ips/70000001', '/primary_ips/{id}'],
] as const;

function schemaOf(description: unknown, method: string, path: string, status: number): Schema {
  let found: unknown = description;
  const wanted = status < 400 ? String(status) : `${Math.floor(status / 100)}xx`;
  for (const key of [
    'paths',
    path,
    method.toLowerCase(),
    'responses',
    wanted,
    'content',
    'application/json',
    'schema',
  ])
    found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
  assert.ok(typeof found === 'object' && found !== null, `${method} ${path} ${status} is not described`);
  return found;
}

/** @returns what does not fit, as paths into the value */
function misfits(schema: Schema, value: unknown, at = ''): string[] {
  if (value === null) return schema.nullable === true || schema.type === undefined ? [] : [`${at}: null`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: ${String(value)}`];
  if (schema.type === 'array' && !Array.isArray(value)) return [`${at}: no list`];
  if (Array.isArray(value))
    return value.flatMap((item, i) => misfits(schema.items ?? {}, item, `${at}[${i}]`));
  if (schema.type === 'integer' && !Number.isInteger(value)) return [`${at}: no whole number`];
  if (
    schema.type !== undefined &&
    !['array', 'integer'].includes(schema.type) &&
    typeof value !== schema.type
  )
    return [`${at}: no ${schema.type}`];
  if (typeof value !== 'object') return [];
  const missing = (schema.required ?? [])
    .filter(key => !Object.hasOwn(value, key))
    .map(key => `${at}.${key}: missing`);
  const inner = Object.entries(value).flatMap(([key, part]) =>
    misfits(schema.properties?.[key] ?? {}, part, `${at}.${key}`),
  );
  return [...missing, ...inner];
}

describe('hcloud emulator: wire format', () => {
  let emulator: HcloudEmulator;
  afterEach(() => emulator.close());
  const file = process.env.UNDERSTUDY_HCLOUD_OPENAPI;
  const description: unknown = file === undefined ? null : JSON.parse(readFileSync(file, 'utf8'));

  it(`fits ${description === null ? 'the keys copied from the documentation' : "the vendor's description"}`, async () => {
    emulator = await startHcloud({
      token: canaries.hcloudToken,
      servers: [
        { id: 42, name: 'web', ipv4: '192.0.2.42', ipv6: '2001:db8:42::1' },
        { id: 43, name: 'four', ipv4: '192.0.2.43' },
        { id: 44, name: 'none' },
      ],
    });
    const headers = { Authorization: `Bearer ${canaries.hcloudToken}` };
    for (const [method, path, described] of CALLS) {
      const response = await fetch(`${emulator.url}${path}`, { method, headers });
      const body: unknown = await response.json();
      assert.ok(typeof body === 'object' && body !== null);
      for (const [key, keys] of Object.entries(REQUIRED)) {
        const list: unknown = Reflect.get(body, `${key}s`);
        const entries: readonly unknown[] = Array.isArray(list)
          ? list
          : Object.hasOwn(body, key)
            ? [Reflect.get(body, key)]
            : [];
        for (const entry of entries)
          assert.deepEqual(misfits({ type: 'object', required: keys }, entry), [], `${method} ${path}`);
      }
      if (description !== null)
        assert.deepEqual(
          misfits(schemaOf(description, method, described, response.status), body),
          [],
          `${method} ${path}`,
        );
      assert.ok(!JSON.stringify(body).includes('datacenter'), 'gone since July 2026');
    }
  });
});
