import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SLOT_NAMES, type Slots } from '@connected-registry/protocol/registry/slots';
import { rightsKind, unmanagedPlace, unmanagedTokens } from '../../../../src/domain/tokens/unmanagedTokens.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const BEFORE = '2026-02-01T00:00:00.000Z';
const AFTER = '2026-04-01T00:00:00.000Z';

test.each([
  ['unknown', undefined],
  ['none', []],
  ['read', ['repositories/hello-world/content/read', 'repositories/a/b/metadata/read']],
  ['read', ['Repositories/hello-world/Content/Read']],
  ['write', ['repositories/*/content/read', 'repositories/a/content/delete']],
  ['write', ['repositories/a/metadata/write']],
  ['other', ['repositories/a/content/read', 'repositories/a/deleted/read']],
  ['other', ['registry/catalog/read']],
  ['other', ['repositories//content/read\nrepositories/a/content/read']],
] as const)('rights are %s for %j', (kind, actions) => {
  expect(rightsKind(actions)).toBe(kind);
});

const password = fc.constantFrom(
  undefined,
  { createdAt: BEFORE },
  { createdAt: BEFORE, expiresAt: AFTER },
  { createdAt: BEFORE, expiresAt: BEFORE },
  // It expires at this very instant, and so works no longer.
  { createdAt: BEFORE, expiresAt: NOW.toISOString() },
);
const slots = fc.tuple(password, password).map((both): Slots =>
  Object.fromEntries(
    SLOT_NAMES.flatMap((name, index) => {
      const filled = both[index];
      return filled ? [[name, filled]] : [];
    }),
  ),
);
const NAMES = ['press-1', 'press-2', 'Oven-3', 'plant7', 'synctoken'];
const CONNECTED = ['plant7', 'Plant8', 'plant9'];
const lettered = (name: string) => fc.constantFrom(name, name.toUpperCase(), name.toLowerCase());
const world = fc.record({
  lists: fc.tuple(...CONNECTED.map(() => fc.subarray(NAMES).chain((names) => fc.tuple(...names.map(lettered))))),
  tokens: fc.subarray(NAMES).chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({
          name: lettered(name),
          slots,
          scopeMap: fc.constantFrom('readers', 'gateway', 'gone'),
          isEnabled: fc.constantFrom(true, false, undefined),
        }),
      ),
    ),
  ),
  managed: fc.subarray(NAMES),
});

test('every bound token that nobody manages is listed once for each list, and no other', () => {
  fc.assert(
    fc.property(world, ({ lists, tokens, managed }) => {
      const connectedRegistries = CONNECTED.map((name, index) => ({
        name,
        ...(index === 1 ? { syncToken: 'SyncToken' } : {}),
        // A name twice in different case is one token.
        clientTokens: [...(lists[index] ?? []), ...(lists[index] ?? []).map((one) => one.toLowerCase())],
      }));
      const scopeMaps = new Map([
        ['readers', { actions: ['repositories/a/content/read'] }],
        ['gateway', { actions: ['gateway/plant9/config/read'] }],
      ]);
      const found = unmanagedTokens(
        'myregistry',
        { connectedRegistries, tokens: new Map(tokens.map((one) => [one.name.toLowerCase(), one])), scopeMaps },
        (name) => managed.some((one) => one.toLowerCase() === name.toLowerCase()),
        NOW,
      );
      const expected = CONNECTED.flatMap((connectedRegistry, index) =>
        tokens
          .filter(({ name }) => (lists[index] ?? []).some((one) => one.toLowerCase() === name.toLowerCase()))
          .filter(({ name }) => !managed.some((one) => one.toLowerCase() === name.toLowerCase()))
          .filter(({ name }) => !['plant7', 'plant8', 'plant9', 'synctoken'].includes(name.toLowerCase()))
          .filter(({ scopeMap }) => scopeMap !== 'gateway')
          .map(({ name }) => `${connectedRegistry} ${name}`),
      );
      expect(found.map(({ connectedRegistry, token }) => `${connectedRegistry} ${token}`).toSorted()).toEqual(
        expected.toSorted(),
      );
      expect(found.map(unmanagedPlace)).toEqual(found.map(unmanagedPlace).toSorted());
      for (const view of found) {
        const token = tokens.find(({ name }) => name === view.token);
        const working = SLOT_NAMES.filter((slot) => {
          const filled = token?.slots[slot];
          return filled && (filled.expiresAt === undefined || new Date(filled.expiresAt) > NOW);
        });
        // The slot to fill never holds a password that works, and there is one unless both do.
        expect(view.freeSlot === undefined).toBe(working.length === 2);
        expect(working).not.toContain(view.freeSlot);
        expect(view.passwords.filter(({ works }) => works).map(({ slot }) => slot)).toEqual(working);
        expect(view.scopeMap.rights).toBe(token?.scopeMap === 'gone' ? 'unknown' : 'read');
        expect([view.lastUse, view.isEnabled]).toEqual(['unknown', token?.isEnabled]);
        const places = found.filter((one) => one.token === view.token).map((one) => one.connectedRegistry);
        expect((view.alsoBoundTo ?? []).toSorted()).toEqual(
          places.filter((one) => one !== view.connectedRegistry).toSorted(),
        );
      }
    }),
    { numRuns: 300 },
  );
});
