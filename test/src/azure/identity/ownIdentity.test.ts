import type { TokenCredential } from '@azure/identity';
import { expect, test } from 'vitest';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { createOwnIdentity } from '../../../../src/azure/identity/ownIdentity.js';
import { config } from '../../fakes/answers/requests.js';

const idOf = (nth: number): string => `11111111-aaaa-4bbb-8ccc-00000000000${nth}`;
const [FIRST, SECOND, FIRST_OBJECT, SECOND_OBJECT] = [idOf(1), idOf(2), idOf(3), idOf(4)];
const OBJECTS: Readonly<Record<string, string>> = { [FIRST]: FIRST_OBJECT, [SECOND]: SECOND_OBJECT };

/** A credential whose tokens have the claims of one identity. */
const credentialOf = (clientId: string): TokenCredential => ({
  getToken: async () => {
    const claims = { appid: clientId, oid: OBJECTS[clientId], name: 'a person' };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return { token: `head.${body}.sign`, expiresOnTimestamp: Date.now() + 3_600_000 };
  },
});

test('an app with several identities knows the application and object ids of all, and of each', async () => {
  const settings = config({ AZURE_CLIENT_ID: FIRST, ARM_IDENTITIES: SECOND });
  const self = createOwnIdentity(settings, credentialOf, new Turns());
  expect(new Set(await self.names())).toEqual(new Set([FIRST, FIRST_OBJECT, SECOND, SECOND_OBJECT]));
  expect(new Set(await self.namesOf(SECOND))).toEqual(new Set([SECOND, SECOND_OBJECT]));
});

test('an app whose identity has no token for a moment knows it later', async () => {
  const settings = config({ AZURE_CLIENT_ID: FIRST, ARM_IDENTITIES: SECOND });
  let broken = true;
  const failing = (clientId: string): TokenCredential =>
    broken && clientId === SECOND ? { getToken: () => Promise.reject(new Error('no token')) } : credentialOf(clientId);
  const self = createOwnIdentity(settings, failing, new Turns());
  // To leave one out would take its writes for those of others.
  await expect(self.names()).rejects.toMatchObject({ name: 'ServiceError' });
  expect(await self.namesOf(FIRST)).toContain(FIRST_OBJECT);
  broken = false;
  expect(await self.names()).toContain(SECOND_OBJECT);
});
