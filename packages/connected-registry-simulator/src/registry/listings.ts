import { grants } from '../access/actions.js';
import { authorize } from './authorization.js';
import { errorReply } from './errors.js';
import { jsonReply } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';

/** Tags of a repository. Requires metadata/read, which content/read does not include. */
export async function tagsList(request: RegistryRequest, context: RegistryContext, repository: string): Promise<Reply> {
  const needed = { type: 'repository', name: repository, action: 'metadata_read' } as const;
  const bearer = await authorize(request, context, needed);
  if ('status' in bearer) return bearer;
  const tags = context.serving().images.tags(repository);
  if (!tags) {
    return errorReply(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name: repository });
  }
  const { page, headers } = paged(request, tags);
  return jsonReply(200, { name: repository, tags: page }, headers);
}

/**
 * Repositories that the client token may read: both content and metadata (Azure/acr docs:
 * connected-registry/quickstart-view-connected-registry-repos-and-tags).
 */
export async function catalog(request: RegistryRequest, context: RegistryContext): Promise<Reply> {
  const bearer = await authorize(request, context, { type: 'registry', name: 'catalog', action: '*' });
  if ('status' in bearer) return bearer;
  const { images, tokens } = context.serving();
  const actions = tokens.get(bearer.client)?.actions ?? [];
  const readable = images
    .repositories()
    .filter((name) => grants(actions, name, 'content/read') && grants(actions, name, 'metadata/read'));
  const { page, headers } = paged(request, readable);
  return jsonReply(200, { repositories: page }, headers);
}

/** Paging by the OCI distribution specification: `n` entries after `last`, and a Link to the rest. */
function paged(request: RegistryRequest, all: string[]): { page: string[]; headers: Record<string, string> } {
  const last = request.query.get('last');
  const rest = last === null ? all : all.filter((item) => item > last);
  const size = Number(request.query.get('n') ?? Number.NaN);
  if (!Number.isInteger(size) || size < 0 || rest.length <= size) return { page: rest, headers: {} };
  const page = rest.slice(0, size);
  const next = new URLSearchParams({ n: String(size), last: page.at(-1) ?? last ?? '' });
  return { page, headers: size === 0 ? {} : { link: `<${request.path}?${next.toString()}>; rel="next"` } };
}
