import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newRunId } from '../../src/names/operationId.js';
import { formatTags, MANAGED_BY, parseTags, type CredentialTags } from '../../src/names/secretTags.js';
import { SLOT_NAMES } from '../../src/registry/slots.js';
import {
  deviceId,
  isoInstant,
  registryName,
  scopeMapName,
  text,
  tokenName,
} from '../../../../test/shared/arbitraries.js';

const runId = fc
  .tuple(fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) }), fc.uint8Array({ minLength: 4, maxLength: 4 }))
  .map(([instant, random]) => newRunId(new Date(instant), random));
const image = (maxLength: number) => text('abc/-_.09', 1, maxLength).map((name) => `${name}:latest`);
const pull = fc.record({
  image: image(240),
  digest: text('0123456789abcdef', 64, 64).map((hex) => `sha256:${hex}`),
  bytes: fc.nat(),
  milliseconds: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true }).map(Math.abs)),
  verifiedAt: isoInstant,
});
const facts: fc.Arbitrary<CredentialTags> = fc.record(
  {
    registry: registryName,
    connectedRegistry: registryName,
    client: deviceId,
    token: tokenName,
    scopeMap: scopeMapName,
    slot: fc.constantFrom(...SLOT_NAMES),
    expiresOn: isoInstant,
    issued: fc.record({ run: runId, attempt: fc.integer({ min: 1, max: 9999 }), slotCreatedAt: isoInstant }),
    made: fc.record(
      { scopeMap: fc.boolean(), token: fc.boolean(), foundScopeMap: fc.stringMatching(/^[\w-]{5,50}$/) },
      { requiredKeys: ['scopeMap', 'token'] },
    ),
    pull,
  },
  {
    requiredKeys: [
      'registry',
      'connectedRegistry',
      'client',
      'token',
      'scopeMap',
      'slot',
      'expiresOn',
      'issued',
      'made',
    ],
  },
);

const sample: CredentialTags = {
  registry: 'myregistry',
  connectedRegistry: 'edge1',
  client: 'sensor',
  token: 'a-token',
  scopeMap: 'a-map',
  slot: 'password2',
  expiresOn: '2026-06-01T00:00:00.000Z',
  issued: { run: 'run1', attempt: 1, slotCreatedAt: '2026-03-01T00:00:00.000Z' },
  made: { scopeMap: true, token: false },
};
const samplePull = {
  image: 'a:latest',
  digest: `sha256:${'0'.repeat(64)}`,
  bytes: 7,
  milliseconds: 1.5,
  verifiedAt: '2026-03-01T00:01:00.000Z',
};

describe("a secret's tags", () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(parseTags(formatTags(given))).toEqual(given);
      }),
    );
  });

  test('are at most 15 with at most 256 characters, and leave two free', () => {
    const long = fc.record({ base: facts, image: image(700) });
    fc.assert(
      fc.property(long, ({ base, image }) => {
        const tags = formatTags({ ...base, pull: { ...samplePull, image } });
        expect(Object.keys(tags).length).toBeLessThanOrEqual(13);
        for (const value of Object.values(tags)) expect(value.length).toBeLessThanOrEqual(256);
        expect(parseTags(tags)?.pull?.digest).toBe(samplePull.digest);
      }),
    );
  });

  test('have no empty value, which the vault would drop', () => {
    const tags = formatTags({ ...sample, made: { scopeMap: false, token: false } });
    expect(Object.values(tags)).not.toContain('');
    expect(parseTags(tags)?.made).toEqual({ scopeMap: false, token: false });
  });

  test.each(Object.keys(formatTags(sample)).filter((name) => name !== 'made'))(
    'are not recognised without %s',
    (name) => {
      const { [name]: _, ...rest } = formatTags(sample);
      expect(parseTags(rest)).toBeUndefined();
    },
  );

  test.each([
    ['managedBy', 'somebody-else'],
    ['slot', 'password3'],
    ['issued', 'run1'],
    ['issued', 'run1 1'],
  ])('are not recognised if %s is %s', (name, value) => {
    expect(parseTags({ ...formatTags(sample), [name]: value })).toBeUndefined();
  });

  test('without a complete pull belong to a credential that was never verified', () => {
    const tags = formatTags({ ...sample, pull: samplePull });
    expect(parseTags(tags)?.pull).toEqual(samplePull);

    for (const name of ['verifiedAt', 'pull']) {
      const { [name]: _, ...rest } = tags;
      expect(parseTags(rest)?.pull).toBeUndefined();
    }
  });

  test('of others do not disturb them', () => {
    const parsed = parseTags({ ...formatTags(sample), owner: 'team-a', costCentre: '7' });
    expect(parsed).toEqual(sample);
    expect(formatTags(sample)['managedBy']).toBe(MANAGED_BY);
  });
});
