import { createHash } from 'node:crypto';

/** The content address of `bytes`, as OCI image-spec descriptors write it: `sha256:` and lower-case hexadecimal. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
