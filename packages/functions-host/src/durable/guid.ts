/** The engine's GUIDs: random ones, and ones that a replay creates again. */
import { createHash, randomUUID } from 'node:crypto';

/** RFC 4122 namespace for URLs as the extension uses it (public source: GuidManager.cs, UrlNamespaceValue). */
const namespace = Buffer.from('9e9529595e334daf827f2fa12937b875', 'hex');

/** A random GUID without dashes, .NET's format "N". */
export const newExecutionId = (): string => randomUUID().replaceAll('-', '');

/** A name-based GUID (version 5, SHA-1): the same name gives the same GUID in each replay. */
export function deterministicGuid(name: string): string {
  const hash = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
