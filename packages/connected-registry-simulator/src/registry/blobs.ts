import { authorize } from './authorization.js';
import { errorReply } from './errors.js';
import { reply } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';

/** GET (whole or one byte range) and HEAD of a blob, only through a repository that contains it. */
export async function blob(
  request: RegistryRequest,
  context: RegistryContext,
  repository: string,
  digest: string,
): Promise<Reply> {
  const bearer = await authorize(request, context, { type: 'repository', name: repository, action: 'pull' });
  if ('status' in bearer) return bearer;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    return errorReply(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest });
  }
  const found = context.serving().images.blob(repository, digest);
  if (!found) return errorReply(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { digest });
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': found.digest,
    'accept-ranges': 'bytes',
    etag: `"${found.digest}"`,
  };
  const size = found.bytes.length;
  const range = byteRange(request, size, headers.etag);
  const noted = { client: bearer.client };
  if (range === undefined) return { ...reply(200, headers, found.bytes), noted };
  if (range === 'unsatisfiable') return reply(416, { 'content-range': `bytes */${size}` });
  const part = { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${size}` };
  return { ...reply(206, part, found.bytes.subarray(range.start, range.end + 1)), noted };
}

/** The requested range (RFC 9110, 14.2). Several ranges, and unknown forms, count as no range. */
function byteRange(
  { headers }: RegistryRequest,
  size: number,
  etag: string,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (!match || (from === '' && to === '')) return undefined;
  if (headers['if-range'] !== undefined && headers['if-range'] !== etag) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}
