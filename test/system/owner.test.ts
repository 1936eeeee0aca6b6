import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { currentOwner, isOwnerDead } from '../../src/system/owner.ts';

const LINUX = existsSync('/proc/self/stat');

/** An owner like ours with some parts replaced: host 0, boot 1, pid 2, start 3, namespace 4. */
function ownerWith(parts: Readonly<Record<number, string>>): string {
  return currentOwner()
    .split('/')
    .map((part, i) => parts[i] ?? part)
    .join('/');
}

describe('owner of a lease', () => {
  it('is named by host, boot, pid, start and pid namespace', () => {
    const parts = currentOwner().split('/');
    assert.equal(parts.length, 5);
    assert.equal(parts[2], String(process.pid));
    if (!LINUX) return;
    assert.match(parts[1] ?? '', /^[0-9a-f-]{36}$/);
    assert.match(parts[3] ?? '', /^[1-9][0-9]*$/);
    assert.match(parts[4] ?? '', /^[0-9]+$/);
  });

  it('is alive while it runs', () => {
    assert.equal(currentOwner(), currentOwner());
    assert.equal(isOwnerDead(currentOwner()), false);
  });

  it('is dead once its process is gone, and already while nobody has fetched its exit status', async () => {
    // The shell starts a child, and becomes a `sleep` that never asks how the child ended: a zombie stays.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = String(line).trim();
      const owner = ownerWith({ 2: pid, 3: await startOf(pid) });
      assert.equal(isOwnerDead(owner), false);
      process.kill(Number(pid), 'SIGKILL');
      if (LINUX) await until(() => isOwnerDead(owner));
      const parentOwner = ownerWith({ 2: String(parent.pid), 3: await startOf(String(parent.pid)) });
      assert.equal(isOwnerDead(parentOwner), false);
      parent.kill('SIGKILL');
      await once(parent, 'close');
      assert.equal(isOwnerDead(parentOwner), true);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('is dead when its pid belongs to a process started at another time', () => {
    assert.equal(isOwnerDead(ownerWith({ 3: '1' })), LINUX);
  });

  it('is dead after a reboot of its host', () => {
    assert.equal(isOwnerDead(ownerWith({ 1: '00000000-0000-4000-8000-000000000000' })), LINUX);
  });

  it('is not called dead in any doubt', () => {
    const gone = { 2: '4194304' };
    assert.equal(isOwnerDead(ownerWith(gone)), true, 'above the highest pid there can be');
    assert.equal(isOwnerDead(ownerWith({ ...gone, 0: 'elsewhere' })), false, 'another host');
    assert.equal(isOwnerDead(ownerWith({ ...gone, 4: '1' })), false, 'another container');
    assert.equal(isOwnerDead(ownerWith({ 1: '-' })), false, 'a boot that was not told');
    assert.equal(isOwnerDead(ownerWith({ 3: '-' })), false, 'a start that was not told');
    for (const owner of [
      '',
      'runner-1',
      'a/b/c',
      ownerWith({ 2: '0' }),
      ownerWith({ 2: '-1' }),
      ownerWith({ 2: '9999999999' }),
    ])
      assert.equal(isOwnerDead(owner), false, owner);
  });

  async function startOf(pid: string): Promise<string> {
    const { readFile } = await import('node:fs/promises');
    if (!LINUX) return '-';
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  }

  /** The kernel tells nobody but the parent of a death, so it has to be looked for. */
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise(setImmediate);
  }
});
