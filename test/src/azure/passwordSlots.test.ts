import type { TokenCredential } from '@azure/identity';
import { beforeEach, expect, test, vi } from 'vitest';
import { Turns } from '../../../src/azure/budget/turns.js';
import { createArmControlPlane } from '../../../src/azure/arm/armControlPlane.js';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { config, REGISTRY } from '../fakes/answers/requests.js';

const { asked, answers } = vi.hoisted(() => ({
  asked: [] as Record<string, unknown>[],
  answers: { passwords: [] as object[] },
}));

vi.mock('@azure/arm-containerregistry', () => ({
  ContainerRegistryManagementClient: class {
    registries = {
      generateCredentials: async (_group: string, _registry: string, body: Record<string, unknown>) => {
        asked.push(body);
        return { username: 'a-token', passwords: answers.passwords };
      },
    };
  },
}));

const credential: TokenCredential = { getToken: async () => null };
const password = (name: SlotName) => ({
  name,
  value: `value-of-${name}`,
  creationTime: new Date('2026-03-01T12:00:00Z'),
});
const generate = (slot: SlotName) =>
  createArmControlPlane(config(), () => credential, new Turns()).generatePassword(
    REGISTRY,
    'a-token',
    slot,
    new Date('2026-06-01'),
  );

beforeEach(() => asked.splice(0));

// Without a name the service makes both anew, and whoever uses the live one is cut off.
test.each(['password1', 'password2'] as const)(
  'a password is asked for by its slot, and for no other: %s',
  async (slot) => {
    answers.passwords = [password(slot)];
    await generate(slot);
    expect(asked).toMatchObject([{ name: slot }]);
  },
);

test.each(['password1', 'password2'] as const)(
  'of an answer that lists both slots, in whatever order, the one asked for is taken: %s',
  async (slot) => {
    for (const passwords of [
      [password('password1'), password('password2')],
      [password('password2'), password('password1')],
    ]) {
      answers.passwords = passwords;
      expect((await generate(slot)).value).toBe(`value-of-${slot}`);
    }
  },
);

test('an answer without the slot asked for is no password', async () => {
  answers.passwords = [password('password1')];
  await expect(generate('password2')).rejects.toMatchObject({ kind: 'unavailable' });
});
