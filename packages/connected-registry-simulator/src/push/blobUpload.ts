import { grantedAccess } from '../access/scopes.js';
import { digestOf } from '../images/digest.js';
import { errorReply } from '../registry/errors.js';
import { reply } from '../registry/exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from '../registry/exchange.js';
import type { Upload } from './uploads.js';
import { authorizeWrite } from './writing.js';

/** Maximum size of a blob in bytes: uploads are held in memory. */
const BLOB_LIMIT = 128 * 1024 * 1024;

/**
 * Uploads of blobs by the OCI distribution specification ("Pushing blobs"): in one POST, in a POST and a PUT, in
 * chunks, or mounted from another repository that the client may pull from.
 *
 * @param id of the upload; empty for the collection
 */
export async function blobUpload(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
  id: string,
): Promise<Reply> {
  const bearer = await authorizeWrite(request, context, repository);
  if ('status' in bearer) return bearer;
  const { uploads } = context;
  if (id === '')
    return request.method === 'POST' ? startUpload(request, context, repository, bearer.client) : unsupported();
  const upload = uploads.find(id, repository, bearer.client);
  if (!upload) return errorReply(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  switch (request.method) {
    case 'GET':
      return reply(204, uploadHeaders(upload));
    case 'PATCH':
      return (await append(request, upload)) ?? reply(202, uploadHeaders(upload));
    case 'PUT':
      return (await append(request, upload)) ?? finish(request, context, upload);
    case 'DELETE':
      uploads.end(upload);
      return reply(204);
    default:
      return unsupported();
  }
}

async function startUpload(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
  client: string,
): Promise<Reply> {
  const mounted = await mount(request, context, repository, client);
  if (mounted) return mounted;
  const upload = context.uploads.start(repository, client);
  if (!request.query.has('digest')) return reply(202, uploadHeaders(upload));
  return (await append(request, upload)) ?? finish(request, context, upload);
}

/** If a mount is not possible, an upload starts instead, as the specification requires. */
async function mount(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
  client: string,
): Promise<Reply | undefined> {
  const [digest, from] = [request.query.get('mount'), request.query.get('from')];
  if (digest === null || from === null) return undefined;
  const { images, tokens } = context.serving();
  const actions = tokens.get(client)?.actions ?? [];
  const readable = grantedAccess([{ type: 'repository', name: from, actions: ['pull'] }], actions);
  const found = readable.some((access) => access.actions.includes('pull')) ? images.blob(from, digest) : undefined;
  if (!found) return undefined;
  await context.pushed.putBlob(repository, found);
  return created(repository, digest);
}

/** Appends the body. A chunk with a range must continue at the current end. */
async function append(request: RegistryRequest, upload: Upload): Promise<Reply | undefined> {
  const range = /^(?:bytes[ =])?(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '');
  const chunk = await request.bytes(BLOB_LIMIT - upload.size);
  const [start, end] = [Number(range?.[1]), Number(range?.[2])];
  if (range && (start !== upload.size || end - start + 1 !== chunk.length)) {
    return reply(416, uploadHeaders(upload));
  }
  upload.chunks.push(chunk);
  upload.size += chunk.length;
  return undefined;
}

async function finish(request: RegistryRequest, context: RegistryContext, upload: Upload): Promise<Reply> {
  const bytes = Buffer.concat(upload.chunks);
  const digest = request.query.get('digest') ?? '';
  if (digest !== digestOf(bytes)) {
    context.uploads.end(upload);
    return errorReply(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest });
  }
  await context.pushed.putBlob(upload.repository, { mediaType: 'application/octet-stream', digest, bytes });
  context.uploads.end(upload);
  return created(upload.repository, digest);
}

function created(repository: string, digest: string): Reply {
  return reply(201, { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest });
}

/**
 * The range is inclusive. For an empty upload it is `0-0`, as in the registry software (distribution:
 * handlers/blobupload).
 */
function uploadHeaders({ id, repository, size }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  };
}

function unsupported(): Reply {
  return errorReply(405, 'UNSUPPORTED', 'the operation is unsupported');
}
