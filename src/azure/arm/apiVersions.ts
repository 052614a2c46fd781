/** Kinds of resources with different api-versions: until 2025-11-01 only previews had connected registries. */
export type VersionedKind = 'registry' | 'connectedRegistry';

/**
 * Api-versions of Microsoft.ContainerRegistry that this adapter supports, preferred first: each has all properties that the
 * adapter sends and reads. Sources: azure-rest-api-specs, containerregistry; for the older versions, recordings
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

/** Codes by which Resource Manager refuses an api-version before it does anything. Source: Azure docs, troubleshooting, error codes. */
const UNKNOWN_VERSION = ['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter'];

interface Refused {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly message?: unknown;
}

/** The api-versions in use: those of the settings, until a service refuses one and names another supported version. */
export class ApiVersions {
  readonly #now: Record<VersionedKind, string>;
  /** A version that was refused once is not tried again, so that two refusals cannot alternate for ever. */
  readonly #refused = new Set<string>();

  constructor(wanted: Readonly<Record<VersionedKind, string>>) {
    this.#now = { ...wanted };
  }

  of(kind: VersionedKind): string {
    return this.#now[kind];
  }

  /**
   * Changes the version after a refusal that names a supported version. The error's text only selects among
   * {@link KNOWN_VERSIONS}.
   *
   * @param used the api-version of the refused call.
   * @returns whether to send the call again.
   */
  change(kind: VersionedKind, used: string, error: unknown): boolean {
    const { code, statusCode, message }: Refused = typeof error === 'object' && error !== null ? error : {};
    if (typeof code !== 'string' || !UNKNOWN_VERSION.includes(code)) return false;
    if (typeof statusCode === 'number' && statusCode >= 500) return false;
    // Another call has already changed the version.
    if (this.#now[kind] !== used) return true;
    this.#refused.add(`${kind} ${used}`);
    const named = new Set(String(message).match(/\d{4}-\d{2}-\d{2}(?:-preview)?/g));
    const other = KNOWN_VERSIONS[kind].find(
      (version) => named.has(version) && !this.#refused.has(`${kind} ${version}`),
    );
    if (other === undefined) return false;
    this.#now[kind] = other;
    return true;
  }
}
