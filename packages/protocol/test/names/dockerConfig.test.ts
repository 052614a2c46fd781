import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dockerConfig, dockerConfigEndpoints } from '@connected-registry/protocol/names/dockerConfig';

const tokenName = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9-]{4,49}$/);

describe('a docker config', () => {
  test('carries user and password for one endpoint in auth alone, as podman and skopeo read it', () => {
    fc.assert(
      fc.property(tokenName, fc.string({ unit: 'grapheme', minLength: 1 }), (user, password) => {
        const file = JSON.parse(dockerConfig('localhost:8000', user, password)) as {
          auths: Record<string, { auth: string }>;
        };
        expect(Object.keys(file)).toEqual(['auths']);
        expect(Object.keys(file.auths['localhost:8000'] ?? {})).toEqual(['auth']);
        const auth = Buffer.from(file.auths['localhost:8000']?.auth ?? '', 'base64').toString('utf8');
        expect(auth).toBe(`${user}:${password}`);
      }),
    );
  });

  test('lists its endpoints', () => {
    expect(dockerConfigEndpoints(dockerConfig('edge:443', 'user', 'password'))).toEqual(['edge:443']);
  });

  test.each(['', 'no json', 'null', '[]', '"text"', '7', '{}', '{"auths":null}', '{"auths":"a"}'])(
    'that is %j is for none',
    (value) => expect(dockerConfigEndpoints(value)).toEqual([]),
  );
});
