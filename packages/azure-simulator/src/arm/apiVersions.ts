import { badRequest } from './errors.js';

/** Published api-versions of Microsoft.ContainerRegistry/registries (azure-rest-api-specs, containerregistry). */
const REGISTRY_VERSIONS = [
  '2017-10-01',
  '2019-05-01',
  '2019-05-01-preview',
  '2019-06-01-preview',
  '2019-12-01-preview',
  '2020-11-01-preview',
  '2021-06-01-preview',
  '2021-08-01-preview',
  '2021-09-01',
  '2021-12-01-preview',
  '2022-02-01-preview',
  '2022-12-01',
  '2023-01-01-preview',
  '2023-06-01-preview',
  '2023-07-01',
  '2023-08-01-preview',
  '2023-11-01-preview',
  '2024-11-01-preview',
  '2025-03-01-preview',
  '2025-04-01',
  '2025-05-01-preview',
  '2025-06-01-preview',
  '2025-11-01',
  '2026-01-01-preview',
  '2026-09-01-preview',
  '2026-11-01',
];

/** Versions that the services were recorded to name, without a published description. */
const NAMED_ONLY = ['2024-01-01-preview', '2025-09-01-preview', '2025-12-01-preview', '2026-03-01-preview'];

/** All versions from one on: previews from the first, stable ones from the second. */
function since(preview: string, stable: string): string[] {
  return [...REGISTRY_VERSIONS, ...NAMED_ONLY]
    .filter((version) => version >= (version.endsWith('-preview') ? preview : stable))
    .toSorted();
}

/**
 * Versions of each kind of resource (azure-rest-api-specs, containerregistry; `api-supported-versions` as recorded).
 */
const FAMILIES = {
  registries: since('2019-05-01-preview', '2017-10-01'),
  'registries/replications': since('2019-12-01-preview', '2017-10-01'),
  'registries/scopeMaps': since('2019-05-01-preview', '2022-12-01'),
  'registries/tokens': since('2019-05-01-preview', '2022-12-01'),
  'registries/connectedRegistries': since('2020-11-01-preview', '2025-11-01'),
} as const;
export type VersionFamily = keyof typeof FAMILIES;

/**
 * Checks the `api-version` of a request as ARM does (Azure docs: troubleshooting/error-register-resource-provider,
 * "NoRegisteredProviderFound", and common errors).
 *
 * @param family undefined for providers whose versions are not simulated: any well-formed one is accepted
 */
export function checkApiVersion(
  version: string | undefined,
  location: string,
  family: VersionFamily | undefined,
): void {
  if (version === undefined || version === '') {
    throw badRequest(
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  if (!/^\d{4}-\d{2}-\d{2}(-[a-z]+)?$/i.test(version)) {
    throw badRequest('InvalidApiVersionParameter', `The api-version '${version}' is invalid.`);
  }
  const known: readonly string[] | undefined = family && FAMILIES[family];
  if (family && known && !known.includes(version.toLowerCase())) {
    throw badRequest(
      'NoRegisteredProviderFound',
      `No registered resource provider found for location '${location}' and API version '${version}' for type ` +
        `'${family}'. The supported api-versions are '${known.join(', ')}'. The supported locations are '${location}'.`,
    );
  }
}

/**
 * `api-supported-versions` of the registry service: a registry's answer names the requested version, its children's
 * answers name all versions.
 */
export function supportedVersions(family: VersionFamily, version: string): string {
  return family === 'registries' ? version : FAMILIES[family].join(', ');
}
