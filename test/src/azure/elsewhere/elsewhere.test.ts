import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyVaultReader } from '@connected-registry/agent/secrets/vault';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { createArmControlPlane } from '../../../../src/azure/arm/armControlPlane.js';
import { createCredential } from '../../../../src/azure/identity/credential.js';
import { createEventGridAlerts } from '../../../../src/azure/devices/eventGridAlerts.js';
import { createKeyVault } from '../../../../src/azure/keyVault.js';
import { loadConfig, type Config } from '../../../../src/settings/config.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import { startTwoHosts, type Answer, type TwoHosts } from './twoHosts.js';

const REGISTRY = 'myregistry';
const TENANT = '00000000-0000-0000-0000-000000000001';
const EXPIRES = '2026-05-30T12:00:00.000Z';
const TOKEN = { token: 'the-apps-own-access-token', expiresOnTimestamp: Date.now() + 3_600_000 };
const credential = { getToken: async () => TOKEN };

let hosts: TwoHosts;
let config: Config;
beforeAll(async () => {
  hosts = await startTwoHosts();
  config = loadConfig({
    REGISTRIES: `/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/${REGISTRY}`,
    ARM_ENDPOINT: hosts.service,
    ARM_AUDIENCE: 'https://management.azure.com',
    KEY_VAULT_URL: hosts.service,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    SIGNAL_TOPIC_ENDPOINT: `${hosts.service}/topics/signals/api/events`,
    REPORT_KEYS: `k1:${Buffer.alloc(32, 3).toString('base64url')}`,
    CREDENTIAL_KIND: 'clientSecret',
    AZURE_AUTHORITY_HOST: hosts.service,
    AZURE_TENANT_ID: TENANT,
    AZURE_CLIENT_ID: '00000000-0000-0000-0000-000000000002',
    AZURE_CLIENT_SECRET: 'the-apps-own-client-secret',
    DISABLE_INSTANCE_DISCOVERY: 'true',
  });
});
afterAll(() => hosts.close());

const arm = () => createArmControlPlane(config, () => credential, new Turns());
const vault = () => createKeyVault(config.vaults[0], credential, new Turns());
const stopped = { sweep: 's', reason: 'r', started: 1, failed: 1, left: 0, restsUntil: EXPIRES };

/**
 * Each SDK client of the app, with a read and a write: requests have the app's token, and some a secret in the body.
 */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  'ARM, a read': () => arm().getToken(REGISTRY, 'a-token'),
  'ARM, a listing': () => arm().listTokens(REGISTRY),
  'ARM, a change': () => arm().disableToken(REGISTRY, 'a-token'),
  'ARM, a password': () => arm().generatePassword(REGISTRY, 'a-token', 'password1', new Date(EXPIRES)),
  'ARM, a deletion': () => arm().deleteToken(REGISTRY, 'a-token'),
  'the vault, a read': () => vault().current('a-secret'),
  'the vault, a listing': () => vault().versions('a-secret'),
  'the vault, a write': () => vault().store('a-secret', 'the-stored-value', { expiresOn: EXPIRES, tags: {} }),
  'the topic': () => createEventGridAlerts(config.signalTopic, credential, new Turns()).rotationsStopped('id', stopped),
  'the agent’s vault': () =>
    keyVaultReader({ url: hosts.service, verifyChallenge: false }, credential).read(
      'a-secret',
      undefined,
      new AbortController().signal,
    ),
};

/** The vault's SDK asks without a token first. */
const challenged =
  (answer: Answer): Answer =>
  (request, elsewhere) =>
    request.url.startsWith('/secrets') && request.headers.authorization === undefined
      ? {
          status: 401,
          headers: {
            'www-authenticate': `Bearer authorization="https://login.example/tenant", resource="https://vault.azure.net"`,
          },
        }
      : answer(request, elsewhere);

async function ends(call: () => Promise<unknown>): Promise<unknown> {
  return call().then(
    () => 'done',
    (error: unknown) => error,
  );
}

describe.each([300, 301, 302, 303, 307, 308])('a redirect by %i', (status) => {
  test.each(Object.entries(CALLS))('to another host takes nothing there: %s', async (_, call) => {
    hosts.answerWith(
      challenged(({ url }, elsewhere) => ({ status, headers: { location: `${elsewhere}/taken${url}` } })),
    );
    await ends(call);
    expect(hosts.atService.some(({ headers }) => headers.authorization?.includes(TOKEN.token))).toBe(true);
    expect(hosts.atElsewhere).toEqual([]);
  });

  test.each(Object.entries(CALLS))('on the same host is not followed either: %s', async (_, call) => {
    hosts.answerWith(challenged(() => ({ status, headers: { location: '/taken' } })));
    await ends(call);
    expect(hosts.atService.filter(({ url }) => url.startsWith('/taken'))).toEqual([]);
  });

  test('takes the app’s own client secret nowhere', async () => {
    hosts.answerWith((request, elsewhere) =>
      request.url.includes('/.well-known/')
        ? {
            status: 200,
            body: {
              issuer: `${hosts.service}/${TENANT}/v2.0`,
              authorization_endpoint: `${hosts.service}/${TENANT}/oauth2/v2.0/authorize`,
              token_endpoint: `${hosts.service}/${TENANT}/oauth2/v2.0/token`,
              jwks_uri: `${hosts.service}/${TENANT}/discovery/v2.0/keys`,
            },
          }
        : { status, headers: { location: `${elsewhere}/taken` } },
    );
    const secret = config.identity.clientSecret ?? '-';
    expect(await ends(() => createCredential(config.identity).getToken('https://vault.azure.net/.default'))).not.toBe(
      'done',
    );
    expect(hosts.atService.map(({ body }) => body.includes(secret))).toContain(true);
    expect(hosts.atElsewhere).toEqual([]);
  });
});

describe('an address in an answer that leads to another host', () => {
  const led = (error: unknown) => [error instanceof ServiceError, error instanceof ServiceError && error.detail];

  test.each(['azure-asyncoperation', 'location'])('of an operation’s end (%s) is not asked', async (header) => {
    hosts.answerWith((_, elsewhere) => ({
      status: 202,
      headers: { [header]: `${elsewhere}/operationStatuses/1` },
      body: { properties: { provisioningState: 'Updating' } },
    }));
    for (const call of [CALLS['ARM, a change'], CALLS['ARM, a password'], CALLS['ARM, a deletion']])
      expect(led(call && (await ends(call)))).toEqual([true, 'leads-elsewhere']);
    expect(hosts.atElsewhere).toEqual([]);
  });

  test.each(['ARM, a listing', 'the vault, a listing'])('of the next page is not asked: %s', async (name) => {
    hosts.answerWith(
      challenged((_, elsewhere) => ({ status: 200, body: { value: [], nextLink: `${elsewhere}/next` } })),
    );
    expect(led(await ends(CALLS[name] ?? (() => Promise.resolve())))).toEqual([true, 'leads-elsewhere']);
    expect(hosts.atElsewhere).toEqual([]);
  });

  test('that has another port of the same host is another host', async () => {
    hosts.answerWith(() => ({ status: 200, body: { value: [], nextLink: 'https://localhost:1/next' } }));
    expect(led(await ends(() => arm().listTokens(REGISTRY)))).toEqual([true, 'leads-elsewhere']);
  });
});
