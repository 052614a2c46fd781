import { promisify } from 'node:util';

/** A body: JSON, or bytes with their type. `compress`: the route accepts gzip. */
export type Body = ({ readonly json: unknown } | { readonly bytes: Uint8Array; readonly type: string }) & {
  readonly compress?: boolean;
};

/** Bytes from which a body is compressed where the route accepts it. */
const WORTH_COMPRESSING = 64 * 1024;

/** The bytes of a body and their headers. A large rollout has more than a deployed app's host accepts uncompressed. */
export async function sentBody(body: Body) {
  const bytes = 'json' in body ? Buffer.from(JSON.stringify(body.json)) : body.bytes;
  const type = 'json' in body ? 'application/json' : body.type;
  if (body.compress !== true || bytes.byteLength < WORTH_COMPRESSING)
    return { bytes: new Uint8Array(bytes), headers: { 'content-type': type } };
  const { gzip } = await import('node:zlib');
  const compressed = await promisify(gzip)(bytes);
  return { bytes: new Uint8Array(compressed), headers: { 'content-type': type, 'content-encoding': 'gzip' } };
}
