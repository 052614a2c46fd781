import { createHash } from 'node:crypto';

/** The content address of `bytes` in OCI descriptors: `sha256:` and lower-case hexadecimal. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
