/** Kinds of resources with different api-versions: until 2025-11-01 only previews had connected registries. */
export type VersionedKind = 'registry' | 'connectedRegistry';

/**
 * Api-versions of Microsoft.ContainerRegistry that the app supports, preferred first: each has all properties that the
 * app sends and reads. Sources: azure-rest-api-specs, containerregistry; for the older versions, recordings
 * (docs/simulator.md). The first is the SDK's default; a test keeps them equal.
 */
export const KNOWN_VERSIONS: Readonly<Record<VersionedKind, readonly [string, ...string[]]>> = {
  registry: ['2025-11-01', '2025-04-01', '2023-07-01', '2022-12-01', '2023-01-01-preview', '2020-11-01-preview'],
  connectedRegistry: [
    '2025-11-01',
    '2026-09-01-preview',
    '2024-11-01-preview',
    '2023-11-01-preview',
    '2021-08-01-preview',
  ],
};
