import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { open } from '@connected-registry/protocol/enrolment/sealing';
import { sealedSecret } from '@connected-registry/protocol/enrolment/messages';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { Turns } from '../../../src/azure/budget/turns.js';
import { createKeyVault } from '../../../src/azure/keyVault.js';
import { createSealedSecrets } from '../../../src/azure/sealedSecrets.js';
import type { SealedSecrets } from '../../../src/ports/sealedSecrets.js';
import type { SecretVault } from '../../../src/ports/secretVault.js';
import { signingDevice, type SigningDevice } from '../../shared/signingDevice.js';
import { startAppCloud, type AppCloud } from './appCloud.js';

const CLIENT = { registry: 'myregistry', connectedRegistry: 'edge', client: 'sensor-7' };
const NAME = mainSecretName(CLIENT);
const VALUE = 'a-value-that-is-long-enough-to-be-remembered';
const expiresOn = '2030-01-01T00:00:00.000Z';

let app: AppCloud;
let vault: SecretVault;
let sealed: SealedSecrets;
let device: SigningDevice;
const tagsOf = (client: typeof CLIENT) =>
  formatTags({
    ...client,
    token: 'a-token',
    scopeMap: 'a-map',
    slot: 'password1',
    expiresOn,
    issued: { run: 'run0000000000001', attempt: 1, slotCreatedAt: '2026-03-01T12:00:00.000Z' },
    made: { scopeMap: false, token: true },
  });
const store = (value: string, client = CLIENT) => vault.store(NAME, value, { expiresOn, tags: tagsOf(client) });
/** As the settings have it. */
const HOST = 'a-vault.example';
const CHANNEL = { channelKey: 'c'.repeat(43), nonce: 'n'.repeat(22) };
const seal = (version?: string, sealingKey = device.keys.sealingKey) =>
  sealed.seal({ vaultHost: HOST, name: NAME, ...(version === undefined ? {} : { version }) }, CLIENT, {
    ...CHANNEL,
    sealingKey,
  });
async function opened(text: string, by = device) {
  const { channelKey, nonce } = CHANNEL;
  const verified = await verifyAnswer(await open(text, by.sealing), { kind: 'secret', nonce }, channelKey);
  return sealedSecret.parse(verified?.content);
}

beforeAll(async () => {
  app = await startAppCloud();
  vault = createKeyVault(app.vault, app.credential, new Turns());
  sealed = createSealedSecrets([{ ...app.vault, host: HOST }], app.credential, new Turns());
  device = await signingDevice('ES256');
});
afterAll(() => app.end());

test.each(['ES256', 'EdDSA'] as const)('a version comes out sealed to the key of a device (%s)', async (algorithm) => {
  const one = await signingDevice(algorithm);
  const { version } = await store(VALUE);
  const text = await seal(version, one.keys.sealingKey);
  expect(text).not.toContain(VALUE);
  const found = await opened(text, one);
  expect(found).toMatchObject({ name: NAME, version, value: VALUE, tags: tagsOf(CLIENT) });
  await expect(open(text, device.sealing)).rejects.toThrow();
});

test('without a version it is the newest', async () => {
  const first = await store(`${VALUE}-1`);
  await expect(vault.disable(first)).resolves.toBeUndefined();
  const { version } = await store(`${VALUE}-2`);
  const found = await opened(await seal());
  expect(found).toMatchObject({ version, value: `${VALUE}-2` });
});

test('its value is remembered, so that no log shows it', async () => {
  const value = 'what-an-operator-has-stored-by-hand';
  // Another program has stored it, so that only the reading can have remembered it.
  const { cloud } = app;
  await cloud.vaultAs(cloud.running.world.identities.app).setSecret(NAME, value, { tags: tagsOf(CLIENT) });
  expect(seenSecrets.holds(value)).toBe(false);
  await seal();
  expect(seenSecrets.redact(`a line with ${value}`)).toBe('a line with [redacted]');
});

test('a version that is disabled, or that does not exist, is not found', async () => {
  const stored = await store(VALUE);
  await vault.disable(stored);
  await expect(seal(stored.version)).rejects.toMatchObject({ kind: 'notFound', detail: 'version-disabled' });
  await expect(seal('f'.repeat(32))).rejects.toMatchObject({ kind: 'notFound', status: 404 });
});

test('a version whose tags name another client, or none, is not found', async () => {
  const other = await store(VALUE, { ...CLIENT, client: 'sensor-8' });
  const bare = await vault.store(NAME, VALUE, { expiresOn, tags: {} });
  for (const { version } of [other, bare])
    await expect(seal(version)).rejects.toMatchObject({ kind: 'notFound', detail: 'of-another-client' });
});
