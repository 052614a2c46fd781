import { blobUpload } from '../push/blobUpload.js';
import { putManifest } from '../push/manifestPut.js';
import { authorizeWrite } from '../push/writing.js';
import { TOKEN_PATH, bearerOf, challenged } from './authorization.js';
import { blob } from './blobs.js';
import { errorReply } from './errors.js';
import { jsonReply } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';
import { catalog, tagsList } from './listings.js';
import { manifest } from './manifests.js';
import { tokenEndpoint } from './tokenEndpoint.js';

/** Repository names of the OCI distribution specification ("Pulling manifests"). */
const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Answers one request of the registry protocol. */
export async function route(request: RegistryRequest, context: RegistryContext): Promise<Reply> {
  if (request.path === TOKEN_PATH) return tokenEndpoint(request, context);
  if (request.path === '/v2' || request.path === '/v2/') {
    return (await bearerOf(request, context)) ? jsonReply(200, {}) : challenged(request);
  }
  if (request.path === '/v2/_catalog') return reads(request) ? catalog(request, context) : unsupported(405);
  const match = /^\/v2\/(.+)\/(blobs\/uploads|manifests|blobs|tags)(?:\/([^/]*))?$/.exec(request.path);
  const [, repository, kind, reference = ''] = match ?? [];
  if (!repository || !kind) return unsupported(404);
  if (!NAME.test(repository)) return errorReply(400, 'NAME_INVALID', 'invalid repository name', { name: repository });
  if (kind === 'blobs/uploads') return blobUpload(request, context, repository, reference);
  if (!reads(request)) {
    return kind === 'manifests' && request.method === 'PUT'
      ? putManifest(request, context, repository, reference)
      : refuseWrite(request, context, repository);
  }
  switch (kind) {
    case 'manifests':
      return manifest(request, context, repository, reference);
    case 'blobs':
      return blob(request, context, repository, reference);
    default:
      return reference === 'list' ? tagsList(request, context, repository) : unsupported(404);
  }
}

function reads({ method }: RegistryRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Refuses a write other than a push. Deletes are not simulated. */
async function refuseWrite(request: RegistryRequest, context: RegistryContext, repository: string): Promise<Reply> {
  const bearer = await authorizeWrite(request, context, repository);
  return 'status' in bearer ? bearer : unsupported(405);
}

function unsupported(status: 404 | 405): Reply {
  return errorReply(status, 'UNSUPPORTED', 'the operation is unsupported');
}
