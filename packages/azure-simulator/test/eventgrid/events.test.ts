import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { Subscriber } from '../../../../test/shared/subscriber.js';

const DAY = 86_400;

describe('events of Azure services', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  let subscriber: Subscriber;
  beforeEach(async () => {
    clock = new ManualClock();
    cloud = await Cloud.start({ clock });
    subscriber = await Subscriber.start();
  });
  afterEach(async () => {
    subscriber.stop();
    await cloud.end();
  });

  const group = (): string => cloud.registryId.split('/providers')[0] ?? '';
  const subscribe = async (source: string) => {
    const reply = await cloud.armCall('PUT', `${source}/providers/Microsoft.EventGrid/eventSubscriptions/watcher`, {
      properties: { destination: { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } } },
    });
    expect(reply.status).toBe(201);
  };
  const events = async (count: number) =>
    (await subscriber.waitFor(count)).map(
      (one) => (one.body as { eventType: string; subject: string; data: object }[])[0],
    );
  const inDays = (days: number): Date => new Date(clock.now().getTime() + days * DAY * 1000);

  describe('of the vault', () => {
    const vaultPath = (): string => `${group()}/providers/Microsoft.KeyVault/vaults/onboarding-local`;

    it('report a new version with its id and without its value', async () => {
      await subscribe(vaultPath());
      const { properties } = await cloud.vault().setSecret('secret', 'the-vault-value', { expiresOn: inDays(90) });

      const [event] = await events(1);

      expect(event).toMatchObject({
        eventType: 'Microsoft.KeyVault.SecretNewVersionCreated',
        subject: 'secret',
        topic: vaultPath(),
        data: { Id: properties.id, ObjectName: 'secret', Version: properties.version, VaultName: 'onboarding-local' },
      });
      expect(JSON.stringify(subscriber.received)).not.toContain('the-vault-value');
    });

    it('report the coming expiry 30 days before and the expiry itself, once each', async () => {
      await cloud.vault().setSecret('secret', 'x', { expiresOn: inDays(90) });
      await subscribe(vaultPath());
      clock.advance(59 * DAY);
      clock.advance(2 * DAY);

      expect((await events(1)).at(-1)).toMatchObject({
        eventType: 'Microsoft.KeyVault.SecretNearExpiry',
        subject: 'secret',
      });

      clock.advance(30 * DAY);
      expect((await events(2)).at(-1)).toMatchObject({ eventType: 'Microsoft.KeyVault.SecretExpired' });
      await expect.poll(() => cloud.running.plane.broker.deliveries().length).toBe(0);

      await cloud.restart();
      clock.advance(1);
      await cloud.vault().setSecret('other', 'x');

      expect((await events(3)).at(-1)).toMatchObject({ eventType: 'Microsoft.KeyVault.SecretNewVersionCreated' });
    });

    it('report the coming expiry at once for a version that expires in less than 30 days', async () => {
      await subscribe(vaultPath());
      await cloud.vault().setSecret('secret', 'x', { expiresOn: inDays(20) });

      const types = (await events(2)).map((one) => one?.eventType);

      expect(types).toContain('Microsoft.KeyVault.SecretNearExpiry');
    });

    it('do not report old versions, disabled versions and deleted secrets', async () => {
      const vault = cloud.vault();
      await vault.setSecret('renewed', 'x', { expiresOn: inDays(60) });
      await vault.setSecret('renewed', 'y', { expiresOn: inDays(600) });
      const { properties } = await vault.setSecret('disabled', 'x', { expiresOn: inDays(60) });
      await vault.updateSecretProperties('disabled', properties.version ?? '', { enabled: false });
      await vault.setSecret('deleted', 'x', { expiresOn: inDays(60) });
      await (await vault.beginDeleteSecret('deleted')).pollUntilDone();
      await vault.setSecret('due', 'x', { expiresOn: inDays(61) });
      await subscribe(vaultPath());
      clock.advance(40 * DAY);

      expect(await events(1)).toMatchObject([{ eventType: 'Microsoft.KeyVault.SecretNearExpiry', subject: 'due' }]);
      expect(cloud.running.plane.broker.deliveries().length).toBeLessThanOrEqual(1);
    });
  });

  it('of the resource group report every write with its operation and caller', async () => {
    await subscribe(group());
    await cloud
      .arm('app')
      .connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: [] });

    const wanted = (await events(2)).find((one) => one?.subject.endsWith('/connectedRegistries/myconnectedregistry'));

    expect(wanted).toMatchObject({
      eventType: 'Microsoft.Resources.ResourceWriteSuccess',
      subject: `${cloud.registryId}/connectedRegistries/myconnectedregistry`,
      data: {
        operationName: 'Microsoft.ContainerRegistry/registries/connectedRegistries/write',
        resourceProvider: 'Microsoft.ContainerRegistry',
        claims: { appid: cloud.running.world.identities.app.clientId },
        status: 'Succeeded',
      },
    });
  });
});
