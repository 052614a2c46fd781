import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { digestOf } from '../images/digest.js';
import { MEDIA_TYPES } from '../images/image.js';
import type { ImageLibrary } from '../images/library.js';
import { errorReply } from '../registry/errors.js';
import { reply } from '../registry/exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from '../registry/exchange.js';
import { authorizeWrite } from './writing.js';

/** Maximum size that registries accept, in bytes (OCI distribution specification, "Pushing manifests"). */
const MANIFEST_LIMIT = 4 * 1024 * 1024;

const part = z.object({ digest: z.string() });
const image = z.object({ schemaVersion: z.literal(2), config: part, layers: z.array(part) });
const index = z.object({ schemaVersion: z.literal(2), manifests: z.array(part) });

/** PUT of a manifest by tag or digest. Everything that it refers to must already exist. */
export async function putManifest(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
  reference: string,
): Promise<Reply> {
  const bearer = await authorizeWrite(request, context, repository);
  if ('status' in bearer) return bearer;
  const bytes = await request.bytes(MANIFEST_LIMIT);
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const digest = digestOf(bytes);
  const isDigest = reference.includes(':');
  if (isDigest && reference !== digest) {
    return errorReply(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest: reference });
  }
  if (!isDigest && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(reference)) {
    return errorReply(400, 'TAG_INVALID', 'manifest tag did not match URI', { Tag: reference });
  }
  const missing = missingParts(bytes, mediaType, repository, context.serving().images);
  if (missing === undefined) return errorReply(400, 'MANIFEST_INVALID', 'manifest invalid');
  if (missing.length > 0) {
    return errorReply(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { digest: missing[0] });
  }
  await context.pushed.putManifest(repository, { mediaType, digest, bytes }, isDigest ? undefined : reference);
  return reply(201, { location: `/v2/${repository}/manifests/${digest}`, 'docker-content-digest': digest });
}

/** Digests that a manifest refers to and that are missing in its repository; undefined if it is not a manifest. */
function missingParts(
  bytes: Buffer,
  mediaType: string,
  repository: string,
  images: ImageLibrary,
): string[] | undefined {
  const { docker, oci } = MEDIA_TYPES;
  const document = parseJson(bytes.toString('utf8'));
  if (mediaType === docker.manifest || mediaType === oci.manifest) {
    const parsed = image.safeParse(document);
    if (!parsed.success) return undefined;
    const blobs = [parsed.data.config, ...parsed.data.layers].map(({ digest }) => digest);
    return blobs.filter((digest) => !images.blob(repository, digest));
  }
  if (mediaType === docker.index || mediaType === oci.index) {
    const parsed = index.safeParse(document);
    if (!parsed.success) return undefined;
    const manifests = parsed.data.manifests.map(({ digest }) => digest);
    return manifests.filter((digest) => !images.manifest(repository, digest));
  }
  return undefined;
}
