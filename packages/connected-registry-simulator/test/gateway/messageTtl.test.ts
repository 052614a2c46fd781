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

const setOffline = (offline: boolean) => member.control('POST', 'offline', { offline });
const pull = (user: string, password: string) => fleet.pull(member, user, password);

/** Disconnects the connected registry, makes a change a minute later, and reconnects it some days after the change. */
async function changeWhileOffline(days: number, change: () => Promise<unknown>): Promise<void> {
  await setOffline(true);
  await fleet.advance(60);
  await change();
  await fleet.advance(days * DAY);
  await setOffline(false);
  await fleet.advance(60);
}

describe('with a messageTtl of two days', () => {
  test('a change that waited for one day arrives', async () => {
    let password = '';
    await changeWhileOffline(1, async () => (password = await fleet.client('in-time')));
    expect(await pull('in-time', password)).toBe('pulled');
  });

  test('no change is lost if the clock jumps while the connected registry is online', async () => {
    const password = await fleet.client('jumped-over');
    await fleet.advance(3 * DAY);
    expect(await pull('jumped-over', password)).toBe('pulled');
  });

  test('a change that waited for three days is lost until a later change of the token', async () => {
    let password = '';
    await changeWhileOffline(3, async () => (password = await fleet.client('too-late')));

    expect(await pull('too-late', password)).toBe(401);

    await fleet.advance(DAY);
    expect(await pull('too-late', password)).toBe(401);

    await fleet.password('too-late', 'password2');
    await fleet.advance(60);

    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('a lost change arrives with a resync that was requested in the cloud', async () => {
    let password = '';
    await changeWhileOffline(3, async () => (password = await fleet.client('too-late')));
    const body = { registry: fleet.cloud.registry, connectedRegistry: SEEDED };

    expect((await fleet.cloud.call('POST', '/_control/resync', body)).status).toBe(204);

    await fleet.advance(60);
    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('a lost change arrives with a resync that was requested at the edge', async () => {
    let password = '';
    await changeWhileOffline(3, async () => (password = await fleet.client('too-late')));

    expect((await member.control('POST', 'resync')).status).toBe(204);

    await fleet.advance(60);
    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('a lost change arrives with an activation', async () => {
    let password = '';
    await changeWhileOffline(3, async () => (password = await fleet.client('too-late')));
    const { cloud } = fleet;
    await cloud.arm().connectedRegistries.deactivate(cloud.group, cloud.registry, SEEDED);
    await fleet.advance(60);
    await member.stop();
    member = await fleet.join();

    expect(await pull('too-late', password)).toBe('pulled');
  });

  test('only the later of two changes arrives if the earlier one waited too long', async () => {
    const known = await fleet.client('known-one');
    await fleet.advance(60);

    expect(await pull('known-one', known)).toBe('pulled');

    let unbound = '';
    let second = '';
    await changeWhileOffline(1, async () => {
      unbound = await fleet.client('lost-one');
      await fleet.advance(2 * DAY);
      second = await fleet.password('known-one', 'password2');
    });

    expect(await pull('lost-one', unbound)).toBe(401);
    expect(await pull('known-one', second)).toBe('pulled');
  });

  test('a token stays usable at the edge if its disabling was lost', async () => {
    const password = await fleet.client('disabled-one');
    await fleet.advance(60);
    const { cloud } = fleet;
    const disable = () =>
      cloud.arm().tokens.update(cloud.group, cloud.registry, 'disabled-one', { status: 'disabled' });
    await changeWhileOffline(3, disable);

    expect(await pull('disabled-one', password)).toBe('pulled');

    await disable();
    await fleet.advance(60);

    expect(await pull('disabled-one', password)).toBe(401);
  });

  test('a change of repositories is never lost, because every sync compares them', async () => {
    const password = await fleet.client('reads-more', [SEEDED], ['repositories/samples/app/content/read']);
    await fleet.setActions(SEEDED, (actions) => [...actions, 'repositories/samples/app/content/read']);
    await fleet.advance(60);
    await changeWhileOffline(3, () => fleet.repository('samples/app', 'latest'));

    expect(await fleet.pull(member, 'reads-more', password, 'samples/app')).toBe('pulled');
  });

  test('a message is delivered again if the answer to the sync was lost', async () => {
    fleet.gate.loseAnswers = true;
    const password = await fleet.client('lost-answer');
    await fleet.advance(60);

    expect(await pull('lost-answer', password)).toBe(401);

    fleet.gate.loseAnswers = false;
    await fleet.advance(60);

    expect(await pull('lost-answer', password)).toBe('pulled');
  });

  test('only the newest of the collected messages is sent again', async () => {
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

  test('a connected registry with a later state of another cloud gets everything', async () => {
    await fleet.client('reads-hello');
    const later = '-~2031-01-01T00:00:00.000Z~x';
    const path = `/gateway/${fleet.cloud.registry}/${SEEDED}/sync`;
    const authorization = `Basic ${Buffer.from(`${SEEDED}:${await fleet.password(SEEDED)}`).toString('base64')}`;

    const { body } = await fleet.cloud.call('POST', path, { lastGeneration: later }, { authorization });

    expect(body).toMatchObject({ complete: true, tokens: [{ name: 'reads-hello' }] });
  });

  test('an unbound token is removed with the next sync', async () => {
    const password = await fleet.client('unbound-one');
    await fleet.advance(60);

    expect(await pull('unbound-one', password)).toBe('pulled');

    const { cloud } = fleet;
    await cloud.arm().connectedRegistries.update(cloud.group, cloud.registry, SEEDED, { clientTokenIds: [] });
    await fleet.advance(60);

    expect(await pull('unbound-one', password)).toBe(401);
  });
});
