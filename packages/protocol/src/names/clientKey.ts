import { createHash } from 'node:crypto';

/** One client (device) of one connected registry of one registry. */
export interface ClientReference {
  /** Registry resource name, for example `myregistry`. */
  readonly registry: string;
  readonly connectedRegistry: string;
  /** Device id, in IoT Hub's alphabet. */
  readonly client: string;
}

/** The reference alone, without the other fields of an object. */
export function referenceOf({ registry, connectedRegistry, client }: ClientReference): ClientReference {
  return { registry, connectedRegistry, client };
}

/**
 * The key under which everything about one client is stored: its durable instance and its Key Vault secret (with
 * `-candidate`, the secret under test). It contains `[a-z0-9-]` only and at most 95 characters: the Durable Task
 * Scheduler allows 100 in an instance id, the JavaScript SDK puts ids unescaped into URLs, and a secret's name may have
 * 127. Registry names ignore case in ARM, but device ids in IoT Hub do not, so only the former are lower-cased before
 * hashing.
 */
export function clientKey(reference: ClientReference): string {
  const registry = reference.registry.toLowerCase();
  const connectedRegistry = reference.connectedRegistry.toLowerCase();
  const hash = shortHash([registry, connectedRegistry, reference.client], 16);
  return `${keyPrefix({ registry, connectedRegistry })}${slug(reference.client, 32)}-${hash}`;
}

/** The hash at the end of a client's key: 16 hexadecimal digits. */
export function keyHash(key: string): string {
  return key.slice(key.lastIndexOf('-') + 1);
}

/** The prefix of the keys of all clients of a connected registry. Keys of a similarly named one may have it too. */
export function keyPrefix({
  registry,
  connectedRegistry,
}: Pick<ClientReference, 'registry' | 'connectedRegistry'>): string {
  return `${registryPrefix(registry)}${slug(connectedRegistry, 24)}-`;
}

/** The prefix of the keys of all clients of a registry. Keys of a similarly named one may have it too. */
export function registryPrefix(registry: string): string {
  return `${slug(registry, 20)}-`;
}

/** Lower-case letters, digits and single hyphens, at most `length` characters, never empty. */
export function slug(text: string, length: number): string {
  const cleaned = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const cut = cleaned.replace(/^-+/, '').slice(0, length).replace(/-+$/, '');
  return cut === '' ? 'x' : cut;
}

/** The first `length` hexadecimal digits of SHA-256 over the parts. Their JSON form separates them. */
export function shortHash(parts: readonly unknown[], length: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);
}
