/** Kinds of resources whose api-versions differ: connected registries were in previews alone until 2025-11-01. */
export type VersionedKind = 'registry' | 'connectedRegistry';

/**
 * Versions of Microsoft.ContainerRegistry that this adapter works with, best first: all have what it sends and reads.
 * Sources: azure-rest-api-specs, containerregistry; the older ones as recorded (docs/simulator.md). The first is the
 * SDK's own default, which a test holds it to.
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

/** Resource Manager's front door answers so before anything is done. Source: Azure docs, troubleshooting, error codes. */
const UNKNOWN_VERSION = ['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter'];

interface Refused {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly message?: unknown;
}

/** Which api-version to ask in: the setting's, until a service says that it has another one of ours and not that. */
export class ApiVersions {
  readonly #now: Record<VersionedKind, string>;
  /** What was refused once is not taken again, so that two refusals cannot send each other round. */
  readonly #refused = new Set<string>();

  constructor(wanted: Readonly<Record<VersionedKind, string>>) {
    this.#now = { ...wanted };
  }

  of(kind: VersionedKind): string {
    return this.#now[kind];
  }

  /**
   * Takes another version where the error is about the one that was used, and names one that is known here. What it says
   * chooses among ours, and nothing else.
   *
   * @param used the version of the refused call
   * @returns whether the call is to be sent again
   */
  change(kind: VersionedKind, used: string, error: unknown): boolean {
    const { code, statusCode, message }: Refused = typeof error === 'object' && error !== null ? error : {};
    if (typeof code !== 'string' || !UNKNOWN_VERSION.includes(code)) return false;
    if (typeof statusCode === 'number' && statusCode >= 500) return false;
    // Another call has found out already.
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
