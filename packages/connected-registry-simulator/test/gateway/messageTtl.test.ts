import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '@connected-registry/azure-simulator/gateway/messages';
import { Fleet, SEEDED } from './fleet.js';
import type { Member } from './fleet.js';

const DAY = 86_400;

let fleet: Fleet;
let member: Member;
beforeEach(async () => {
  fleet = await Fleet.start();
  member = await fleet.join();
});
afterEach(() => fleet.end());

const offline = (is: boolean) => member.control('POST', 'offline', { offline: is });
const pull = (user: string, password: string) => fleet.pull(member, user, password);

/** Away from now on, for so many days of which something happens after the first of them. */
async function awayWhile(days: number, happens: () => Promise<unknown>): Promise<void> {
  await offline(true);
  await fleet.advance(60);
  await happens();
  await fleet.advance(days * DAY);
  await offline(false);
  await fleet.advance(60);
}

describe('with a messageTtl of two days', () => {
  test('a change that waited a day arrives', async () => {
    let password = '';
    await awayWhile(1, async () => (password = await fleet.client('in-time')));
    expect(await pull('in-time', password)).toBe('pulled');
  });

  test('a clock that jumps over the syncs of one that is online loses nothing', async () => {
    const password = await fleet.client('jumped-over');
    await fleet.advance(3 * DAY);
    expect(await pull('jumped-over', password)).toBe('pulled');
  });

  test('a change that waited three days is lost, however often it syncs, until a new change brings it', async () => {
    let password = '';
    await awayWhile(3, async () => (password = await fleet.client('too-late')));
    expect(await pull('too-late', password)).toBe(401);
    await fleet.advance(DAY);
    expect(await pull('too-late', password)).toBe(401);
    await fleet.password('too-late', 'password2');
    await fleet.advance(60);
    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('a lost change comes with a resync asked for in the cloud', async () => {
    let password = '';
    await awayWhile(3, async () => (password = await fleet.client('too-late')));
    const body = { registry: fleet.cloud.registry, connectedRegistry: SEEDED };
    expect((await fleet.cloud.call('POST', '/_control/resync', body)).status).toBe(204);
    await fleet.advance(60);
    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('a lost change comes with a resync asked for at the edge', async () => {
    let password = '';
    await awayWhile(3, async () => (password = await fleet.client('too-late')));
    expect((await member.control('POST', 'resync')).status).toBe(204);
    await fleet.advance(60);
    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('a lost change comes with an activation', async () => {
    let password = '';
    await awayWhile(3, async () => (password = await fleet.client('too-late')));
    const { cloud } = fleet;
    await cloud.arm().connectedRegistries.deactivate(cloud.group, cloud.registry, SEEDED);
    await fleet.advance(60);
    await member.stop();
    member = await fleet.join();
    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('of two changes in one absence only the late one arrives', async () => {
    const known = await fleet.client('known-one');
    await fleet.advance(60);
    expect(await pull('known-one', known)).toBe('pulled');
    let unbound = '';
    let second = '';
    await awayWhile(1, async () => {
      unbound = await fleet.client('lost-one');
      await fleet.advance(2 * DAY);
      second = await fleet.password('known-one', 'password2');
    });
    expect(await pull('lost-one', unbound)).toBe(401);
    expect(await pull('known-one', second)).toBe('pulled');
  });

  test('a lost disabling leaves the token usable at the edge', async () => {
    const password = await fleet.client('disabled-one');
    await fleet.advance(60);
    const { cloud } = fleet;
    const disable = () =>
      cloud.arm().tokens.update(cloud.group, cloud.registry, 'disabled-one', { status: 'disabled' });
    await awayWhile(3, disable);
    expect(await pull('disabled-one', password)).toBe('pulled');
    await disable();
    await fleet.advance(60);
    expect(await pull('disabled-one', password)).toBe(401);
  });

  test('contents are compared at every sync, so none is lost', async () => {
    const password = await fleet.client('reads-more', [SEEDED], ['repositories/samples/app/content/read']);
    await fleet.setActions(SEEDED, (actions) => [...actions, 'repositories/samples/app/content/read']);
    await fleet.advance(60);
    await awayWhile(3, () => fleet.repository('samples/app', 'latest'));
    expect(await fleet.pull(member, 'reads-more', password, 'samples/app')).toBe('pulled');
  });

  test('a message whose delivery got lost on the way is delivered again', async () => {
    fleet.gate.loseAnswers = true;
    const password = await fleet.client('lost-answer');
    await fleet.advance(60);
    expect(await pull('lost-answer', password)).toBe(401);
    fleet.gate.loseAnswers = false;
    await fleet.advance(60);
    expect(await pull('lost-answer', password)).toBe('pulled');
  });

  test('what was collected is not sent again, but for the newest', async () => {
    await fleet.client('first-one');
    await fleet.client('second-one');
    await fleet.advance(60);
    await fleet.password('first-one', 'password2');
    await fleet.advance(60);
    const path = `/gateway/${fleet.cloud.registry}/${SEEDED}/sync`;
    const authorization = `Basic ${Buffer.from(`${SEEDED}:${await fleet.password(SEEDED)}`).toString('base64')}`;
    const lastGeneration = member.edge.uplink.state()?.generation;
    const { body } = await fleet.cloud.call('POST', path, { lastGeneration }, { authorization });
    const { complete, connectedRegistry, tokens } = body as Delivery;
    expect([complete, connectedRegistry, tokens.map(({ name }) => name)]).toEqual([false, undefined, ['first-one']]);
  });

  test('everything comes to a connected registry that knows another, later state of the cloud', async () => {
    await fleet.client('reads-hello');
    const later = '-~2031-01-01T00:00:00.000Z~x';
    const path = `/gateway/${fleet.cloud.registry}/${SEEDED}/sync`;
    const authorization = `Basic ${Buffer.from(`${SEEDED}:${await fleet.password(SEEDED)}`).toString('base64')}`;
    const { body } = await fleet.cloud.call('POST', path, { lastGeneration: later }, { authorization });
    expect(body).toMatchObject({ complete: true, tokens: [{ name: 'reads-hello' }] });
  });

  test('an unbound token is gone with the next sync', async () => {
    const password = await fleet.client('unbound-one');
    await fleet.advance(60);
    expect(await pull('unbound-one', password)).toBe('pulled');
    const { cloud } = fleet;
    await cloud.arm().connectedRegistries.update(cloud.group, cloud.registry, SEEDED, { clientTokenIds: [] });
    await fleet.advance(60);
    expect(await pull('unbound-one', password)).toBe(401);
  });
});
