import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ApiVersions } from '../../../../src/azure/arm/apiVersions.js';
import { KNOWN_VERSIONS } from '../../../../src/domain/resourceManager/apiVersions.js';

const wanted = { registry: '2025-11-01', connectedRegistry: '2025-11-01' };
const refusal = (code: string, named: readonly string[], statusCode = 400) => ({
  statusCode,
  code,
  message: `No registered resource provider found for API version '2025-11-01'. The supported api-versions are '${named.join(', ')}'.`,
});

test('by default the versions asked for are the one that the SDK is made for', () => {
  const folder = join(projectRoot(), 'node_modules', '@azure', 'arm-containerregistry', 'dist', 'esm', 'api');
  const source = readFileSync(join(folder, 'containerRegistryManagementContext.js'), 'utf8');
  const own = /options\.apiVersion \?\? "([^"]+)"/.exec(source)?.[1];
  expect([KNOWN_VERSIONS.registry[0], KNOWN_VERSIONS.connectedRegistry[0]]).toEqual([own, own]);
});

describe('a version that the service does not have', () => {
  test.each(['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter'])(
    'is changed for the best of ours that it names, for that kind alone: %s',
    (code) => {
      const versions = new ApiVersions(wanted);
      const named = ['2021-08-01-preview', '2023-11-01-preview', '2031-01-01'];
      expect(versions.change('connectedRegistry', '2025-11-01', refusal(code, named))).toBe(true);
      expect([versions.of('connectedRegistry'), versions.of('registry')]).toEqual(['2023-11-01-preview', '2025-11-01']);
    },
  );

  test('stays when no supported version is named, for another error, and without an error', () => {
    const versions = new ApiVersions(wanted);
    for (const error of [
      refusal('NoRegisteredProviderFound', ['2031-01-01']),
      refusal('NoRegisteredProviderFound', ['2025-11-01']),
      refusal('AuthorizationFailed', ['2023-11-01-preview'], 403),
      refusal('NoRegisteredProviderFound', ['2023-11-01-preview'], 503),
      new Error('2023-11-01-preview'),
      undefined,
    ])
      expect(versions.change('connectedRegistry', '2025-11-01', error)).toBe(false);
    expect(versions.of('connectedRegistry')).toBe('2025-11-01');
  });

  test('that another call has already changed is used for the repeated call', () => {
    const versions = new ApiVersions(wanted);
    const error = refusal('NoRegisteredProviderFound', ['2023-11-01-preview']);
    versions.change('connectedRegistry', '2025-11-01', error);
    expect(versions.change('connectedRegistry', '2025-11-01', error)).toBe(true);
    expect(versions.change('connectedRegistry', '2023-11-01-preview', error)).toBe(false);
  });
});
