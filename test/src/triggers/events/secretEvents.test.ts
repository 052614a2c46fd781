import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY } from '../../fakes/answers/requests.js';
import { sampleEvent, SCHEMAS, secretEvent } from '../../../shared/sampleEvents.js';
import { createServiceEvents, EVENT_TIME, type ServiceEvents } from './serviceEventsUnderTest.js';

let tested: ServiceEvents;
beforeEach(() => {
  vi.useFakeTimers();
  tested = createServiceEvents();
});
afterEach(() => vi.useRealTimers());

describe.each(SCHEMAS)('a secret that nears its expiry (%s)', (schema) => {
  const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
  const main = clientKey(reference);
  const expiresOn = '2026-03-20T00:00:00.000Z';
  const save = (name: string, tags: Readonly<Record<string, string>>) =>
    tested.world.vault.store(name, '{"auths":{}}', { expiresOn, tags });
  const ours = () =>
    formatTags({
      ...reference,
      token: 'a-token',
      scopeMap: 'a-map',
      slot: 'password1',
      expiresOn,
      issued: { run: 'r', attempt: 1, slotCreatedAt: expiresOn },
      made: { scopeMap: true, token: true },
    });
  const event = (what: 'SecretNearExpiry' | 'SecretExpired', name: string, version: string, changes = {}) =>
    sampleEvent(schema, secretEvent(what, name, version, changes));

  test.each(['SecretNearExpiry', 'SecretExpired'] as const)(
    'marks its client as due for rotation: %s',
    async (what) => {
      const { version } = await save(main, ours());
      const { logged } = await tested.deliver('secret', event(what, main, version));

      expect(logged).toMatchObject({ event: 'secretExpiring.taken', decision: 'rotation-due' });
      expect(tested.engine.signals).toEqual([
        {
          entity: `@client@${main}`,
          operation: 'markRotationDue',
          input: { at: EVENT_TIME, by: { operation: main, actor: 'event' } },
        },
      ]);
      expect(tested.engine.starts).toBe(0);
    },
  );

  test('is ignored in another vault than its client’s, which the record names', async () => {
    const { version } = await save(main, ours());
    tested.engine.entities.set(`@client@${main}`, { vault: 'other-vault.vault.azure.net' });
    const { logged } = await tested.deliver('secret', event('SecretNearExpiry', main, version));
    expect([logged['decision'], tested.engine.signals]).toEqual(['not-ours', []]);
  });

  test('is ignored for a candidate, an old version, another’s secret, or a deleted one', async () => {
    const { version } = await save(main, ours());
    await save(`${main}-candidate`, ours());
    const other = `other-secret-${'0'.repeat(16)}`;
    await save(other, {});
    const wrong = `wrong-${'0'.repeat(16)}`;
    await save(wrong, ours());

    const decisions = async (...names: [string, string][]) =>
      Promise.all(
        names.map(
          async ([name, v]) => (await tested.deliver('secret', event('SecretNearExpiry', name, v))).logged['decision'],
        ),
      );

    expect(
      await decisions(
        [`${main}-candidate`, version],
        [main, 'v0'],
        [other, 'v1'],
        [wrong, 'v1'],
        [`gone-${'0'.repeat(16)}`, 'v1'],
        ['their-secret', 'v1'],
      ),
    ).toEqual(['not-ours', 'stale', 'not-ours', 'not-ours', 'not-ours', 'not-ours']);
    expect(tested.engine.signals).toEqual([]);
  });

  test('of another vault is ignored, without a call to this vault', async () => {
    const { version } = await save(main, ours());
    const asked = vi.spyOn(tested.world.vault, 'current');
    const Id = `https://evil.vault.azure.net/secrets/${main}/${version}`;
    const { logged } = await tested.deliver('secret', event('SecretNearExpiry', main, version, { more: { Id } }));
    expect([logged['decision'], asked.mock.calls.length]).toEqual(['not-ours', 0]);
  });

  test('without a valid id is refused', async () => {
    const { logged } = await tested.deliver(
      'secret',
      event('SecretNearExpiry', main, 'v1', { more: { Id: 'nowhere' } }),
    );
    expect(logged).toMatchObject({ decision: 'invalid-data', errors: [{ field: 'Id' }] });
  });
});
