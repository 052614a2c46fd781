import { clientKey, shortHash, slug, type ClientReference } from './clientKey.js';
import { toActions, type Permissions } from './permissions.js';

/**
 * Name rules of the services. Sources: azure-rest-api-specs, Microsoft.ContainerRegistry 2025-11-01 (ScopeMap, Token,
 * ConnectedRegistry); Azure docs, container-registry-get-started (registry names).
 */
export const NAME_RULES = {
  registry: /^[a-zA-Z0-9]{5,50}$/,
  connectedRegistry: /^[a-zA-Z0-9]{5,50}$/,
  scopeMap: /^[a-zA-Z0-9_-]{5,50}$/,
  token: /^[a-zA-Z0-9-]{5,50}$/,
  /** IoT Hub device ids: Azure docs, iot-hub-devguide-identity-registry. */
  client: /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/,
} as const;

/**
 * host or host:port, as in a docker configuration. An IPv6 address is in brackets, without a zone. The groups are only
 * a first check: {@link isEndpoint} decides.
 */
export const ENDPOINT = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

/** The error text of the app and the agent for a text that is not an endpoint. */
export const NO_ENDPOINT = 'is not host or host:port, with an IPv6 address in brackets';

/** Whether a text is an endpoint with a valid address and port. */
export function isEndpoint(text: string): boolean {
  return ENDPOINT.test(text) && URL.canParse(`https://${text}/`);
}

/** Marks a scope map that the app created. Only such scope maps are ever deleted. */
export const SCOPE_MAP_MARK = 'Made by connected-registry-onboarding; shared by clients with equal rights.';

/**
 * The name is derived from the permissions alone, so that devices with equal permissions share one scope map. At most
 * 41 characters.
 */
export function defaultScopeMapName(permissions: Permissions): string {
  const first = Object.keys(permissions).sort()[0] ?? 'none';
  return `onb-${slug(first, 24)}-${shortHash([toActions(permissions)], 12)}`;
}

/**
 * Digits of the hash in a token's name, in base 36: 98 bits, so that nobody can construct two clients with the same
 * token name (with 48 bits, collisions were found in minutes). Lower case, because ARM ignores case in names.
 */
const TOKEN_HASH_DIGITS = 19;

/** At most 50 characters, the limit of ACR, and never a connected registry's name, because those contain no hyphen. */
export function defaultTokenName(reference: ClientReference): string {
  const hash = BigInt(`0x${shortHash([clientKey(reference)], 64)}`) % 36n ** BigInt(TOKEN_HASH_DIGITS);
  const digits = hash.toString(36).padStart(TOKEN_HASH_DIGITS, '0');
  return `${slug(reference.connectedRegistry, 11)}-${slug(reference.client, 18)}-${digits}`;
}

/**
 * Whether a token's name has the form of {@link defaultTokenName}. The form proves nothing: anyone may use such a name.
 */
export function isDefaultTokenName(name: string): boolean {
  return /^[a-z0-9-]{1,11}-[a-z0-9-]{1,18}-[0-9a-z]{19}$/.test(name);
}

/** The secret that consumers read: always the last credential that passed a pull check. */
export function mainSecretName(reference: ClientReference): string {
  return clientKey(reference);
}

const CANDIDATE = '-candidate';

/** The secret that holds a credential until it passes its pull check. */
export function candidateSecretName(reference: ClientReference): string {
  return `${clientKey(reference)}${CANDIDATE}`;
}

/**
 * Whether a secret may hold an unproven credential. Compared without case: names in a vault ignore it (Azure docs:
 * key-vault/general).
 */
export function isCandidateSecretName(name: string): boolean {
  return name.toLowerCase().endsWith(CANDIDATE);
}

/** Names that the registry uses for its system-defined scope maps. Source: see permissions.ts. */
export function isSystemScopeMap(name: string): boolean {
  return name.toLowerCase().startsWith('_repositories_');
}
