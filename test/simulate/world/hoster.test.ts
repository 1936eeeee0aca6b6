/** The hoster's API on the wire: what is taken up, what is refused, and when the machine follows. */
import assert from 'node:assert/strict';
import { Hoster, setPower, type WireAnswer } from '../../../src/simulate/world/hoster.ts';
import { stage } from './stage.ts';

function open() {
  const at = stage();
  const hoster = new Hoster('alpha', at.world);
  const ask = (method: string, path: string, lies = false) =>
    hoster.request(method, path, { by: at.actor, askedAt: at.world.now, lies });
  return { ...at, ask };
}

const body = ({ text }: WireAnswer) => JSON.parse(text);

describe('simulate: the hoster', () => {
  it('takes a power-off up at once, and the machine follows when the action is done', async () => {
    const { ask, home, timeline, world, told } = open();
    const taken = ask('POST', '/servers/1001/actions/poweroff');
    assert.equal(taken.status, 201);
    const { action } = body(taken);
    assert.deepEqual([action.status, home.box.power], ['running', 'running']);
    assert.equal(body(ask('GET', '/servers/1001')).server.locked, true);
    await timeline.run(world.cast.powerMs - 1);
    assert.equal(home.box.power, 'running');
    await timeline.run(world.cast.powerMs);
    assert.equal(home.box.power, 'off');
    assert.equal(body(ask('GET', `/actions/${action.id}`)).action.status, 'success');
    const { server } = body(ask('GET', '/servers/1001'));
    assert.deepEqual([server.status, server.locked], ['off', false]);
    assert.deepEqual([told('power-asked').length, told('power').length], [1, 1]);
  });

  it('refuses a second command while the first is under way, and says nothing of an abuse lock then', () => {
    const { ask } = open();
    ask('POST', '/servers/1001/actions/poweroff');
    const second = ask('POST', '/servers/1001/actions/poweron');
    assert.deepEqual([second.status, body(second).error.code], [423, 'locked']);
    const { public_net: net } = body(ask('GET', '/servers/1001')).server;
    assert.deepEqual([net.ipv4.blocked, net.ipv6.blocked], [false, false]);
  });

  it('acknowledges a lie to the end, and nothing happens', async () => {
    const { ask, home, timeline } = open();
    const { action } = body(ask('POST', '/servers/1001/actions/poweroff', true));
    await timeline.run(600_000);
    assert.equal(body(ask('GET', `/actions/${action.id}`)).action.status, 'success');
    assert.equal(home.box.power, 'running');
  });

  it('shows a lock by family, and null for an address that there is not', () => {
    const { world, ask, home } = { ...open() };
    home.box.locked.v6 = true;
    const { public_net: net } = body(ask('GET', '/servers/1001')).server;
    assert.deepEqual([net.ipv4.blocked, net.ipv6.blocked], [false, true]);
    const ips: { type: string; blocked: boolean }[] = body(ask('GET', '/primary_ips')).primary_ips;
    assert.deepEqual(
      ips.map(({ type, blocked }) => [type, blocked]),
      [
        ['ipv4', false],
        ['ipv6', true],
      ],
    );
    const v4 = stage({ sites: [{ name: 'home', families: ['v4'] }, { name: 'away' }] });
    const other = new Hoster('alpha', v4.world);
    assert.equal(
      body(other.request('GET', '/servers/1001', { by: v4.actor, askedAt: 0, lies: false })).server.public_net
        .ipv6,
      null,
    );
    assert.equal(world.box('1001').locked.v4, false);
  });

  it('knows its own machines only', () => {
    const { ask } = open();
    for (const path of ['/servers/1002', '/servers/9', '/actions/1', '/zones'])
      assert.equal(ask('GET', path).status, 404, path);
    assert.equal(ask('POST', '/servers/1001/actions/rebuild').status, 404);
  });

  it('what hung hangs no more when its power comes back', () => {
    const { world, home, told } = open();
    home.box.hangs = true;
    setPower(world, home.box, 'off', null);
    setPower(world, home.box, 'off', null);
    setPower(world, home.box, 'running', null);
    assert.equal(home.box.alive, true);
    assert.deepEqual(
      told('power').map(({ power }) => power),
      ['off', 'running'],
    );
  });
});
