import { KNOWN_VERSIONS, type VersionedKind } from '../../domain/resourceManager/apiVersions.js';

/**
 * Codes by which Resource Manager refuses an api-version before it does anything. Source: Azure docs, troubleshooting,
 * error codes.
 */
const UNKNOWN_VERSION = ['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter'];

interface RefusedVersion {
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
    const { code, statusCode, message }: RefusedVersion = typeof error === 'object' && error !== null ? error : {};
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
