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

/** Answers one request of the registry protocol, pull side; writes are refused. */
export async function route(request: RegistryRequest, context: RegistryContext): Promise<Reply> {
  if (request.path === TOKEN_PATH) return tokenEndpoint(request, context);
  if (request.path === '/v2' || request.path === '/v2/') {
    return (await bearerOf(request, context)) ? jsonReply(200, {}) : challenged(request);
  }
  if (request.path === '/v2/_catalog')
    return reads(request) ? catalog(request, context) : refuseWrite(request, context);
  const match = /^\/v2\/(.+)\/(manifests|blobs|tags|blobs\/uploads)\/([^/]*)$/.exec(request.path);
  const [, repository, kind, reference = ''] = match ?? [];
  if (!repository || !kind) return errorReply(404, 'UNSUPPORTED', 'the operation is unsupported');
  if (!NAME.test(repository)) return errorReply(400, 'NAME_INVALID', 'invalid repository name', { name: repository });
  if (!reads(request)) return refuseWrite(request, context, repository);
  switch (kind) {
    case 'manifests':
      return manifest(request, context, repository, reference);
    case 'blobs':
      return blob(request, context, repository, reference);
    default:
      return kind === 'tags' && reference === 'list'
        ? tagsList(request, context, repository)
        : errorReply(404, 'UNSUPPORTED', 'the operation is unsupported');
  }
}

function reads({ method }: RegistryRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * A read-only connected registry takes no pushes and deletes, whatever the client token's rights
 * (Azure/acr docs: connected-registry/troubleshooting, "This operation is not allowed on this registry"). In ReadWrite mode
 * the stand-in has no store to push to and says so.
 */
async function refuseWrite(request: RegistryRequest, context: RegistryContext, name?: string): Promise<Reply> {
  if (!(await bearerOf(request, context))) {
    return challenged(request, name === undefined ? undefined : { type: 'repository', name, action: 'pull,push' });
  }
  return context.serving().mode.toLowerCase() === 'readwrite'
    ? errorReply(405, 'UNSUPPORTED', 'pushes are not simulated')
    : errorReply(403, 'DENIED', 'This operation is not allowed on this registry.');
}
