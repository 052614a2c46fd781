import { createHash } from 'node:crypto';
import { PullFailure } from '../pullFailure.js';
import type { Answer } from './http.js';
import type { Descriptor } from './manifest.js';

/** Maximum size of a manifest: 4 MiB (OCI distribution specification, "Pushing manifests"). */
const MANIFEST_LIMIT = 4 * 1024 * 1024;
/** Maximum size of a token answer or error body. */
const TEXT_LIMIT = 256 * 1024;

/** Reads a small body as text, and cuts off what exceeds the limit. */
export async function readText(answer: Answer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > TEXT_LIMIT) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a whole manifest and computes its digest. */
export async function readManifest(answer: Answer): Promise<{ bytes: Buffer; digest: string }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MANIFEST_LIMIT) throw new PullFailure('error', 'the manifest is larger than 4 MiB');
  }
  const bytes = Buffer.concat(chunks);
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

/**
 * Reads a blob to its end without keeping it.
 * @throws PullFailure `digest-mismatch` unless size and digest match the descriptor
 */
export async function verifyBlob(answer: Answer, { digest, size }: Descriptor): Promise<void> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of answer.body()) {
    read += chunk.length;
    if (read > size) break;
    hash.update(chunk);
  }
  if (read !== size || `sha256:${hash.digest('hex')}` !== digest) {
    throw new PullFailure('digest-mismatch', `a blob's bytes are not those of ${digest}`);
  }
}
