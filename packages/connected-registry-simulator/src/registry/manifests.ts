import { MEDIA_TYPES } from '../images/image.js';
import type { Content } from '../images/image.js';
import { authorize } from './authorization.js';
import { errorReply } from './errors.js';
import { reply } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';

/**
 * GET and HEAD of a manifest by tag or digest. A repository or tag that was not in the last sync is `manifest unknown`
 * (Azure/acr docs: connected-registry/troubleshooting).
 */
export async function manifest(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
  reference: string,
): Promise<Reply> {
  const bearer = await authorize(request, context, { type: 'repository', name: repository, action: 'pull' });
  if ('status' in bearer) return bearer;
  const { images } = context.serving();
  const found = images.manifest(repository, reference);
  if (!found) {
    const detail = reference.includes(':') ? { Name: repository, Revision: reference } : { Tag: reference };
    return {
      ...errorReply(404, 'MANIFEST_UNKNOWN', 'manifest unknown', detail),
      noted: { code: 'MANIFEST_UNKNOWN', client: bearer.client, reason: 'the last sync did not contain it' },
    };
  }
  const chosen = negotiate(found, accepted(request), () => images.defaultPlatform(repository, found));
  if (typeof chosen === 'string') return errorReply(404, 'MANIFEST_UNKNOWN', chosen, { Tag: reference });
  const headers = {
    'content-type': chosen.mediaType,
    'docker-content-digest': chosen.digest,
    etag: `"${chosen.digest}"`,
  };
  return { ...reply(200, headers, chosen.bytes), noted: { client: bearer.client, digest: chosen.digest } };
}

function accepted(request: RegistryRequest): ReadonlySet<string> {
  const header = request.headers.accept ?? '';
  const types = header.split(',').map((item) => (item.split(';')[0] ?? '').trim().toLowerCase());
  return new Set(types.filter((type) => type !== ''));
}

/**
 * The rules of the registry software that connected registries are built on (distribution: handlers/manifests): a
 * client that does not support manifest lists gets the image for linux/amd64; OCI documents are not found by a client
 * that does not accept them; Docker schema 2 is always served. A missing Accept header accepts everything.
 */
function negotiate(
  found: Content,
  accept: ReadonlySet<string>,
  defaultPlatform: () => Content | undefined,
): Content | string {
  const everything = accept.size === 0 || accept.has('*/*') || accept.has('application/*');
  if (everything || accept.has(found.mediaType)) return found;
  switch (found.mediaType) {
    case MEDIA_TYPES.oci.manifest:
      return 'OCI manifest found, but accept header does not support OCI manifests';
    case MEDIA_TYPES.oci.index:
      return 'OCI index found, but accept header does not support OCI indexes';
    case MEDIA_TYPES.docker.index:
      return defaultPlatform() ?? 'manifest unknown';
    default:
      return found;
  }
}
