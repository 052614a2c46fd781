import { promisify } from 'node:util';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';

/** A body: JSON, or bytes with their type. `compress`: the route accepts gzip. */
export type Body = ({ readonly json: unknown } | { readonly bytes: Uint8Array; readonly type: string }) & {
  readonly compress?: boolean;
};

/**
 * Maximum bytes of a body that is sent as it is where the route accepts gzip. An app of the same version that was
 * deployed earlier may read no gzip, so a body is compressed only if the host would refuse it otherwise.
 */
const MAX_UNCOMPRESSED = DEPLOYED_BODY_LIMIT - 64 * 1024;

/** The bytes of a body and their headers. A large rollout has more than a deployed app's host accepts uncompressed. */
export async function sentBody(body: Body) {
  const bytes = 'json' in body ? Buffer.from(JSON.stringify(body.json)) : body.bytes;
  const type = 'json' in body ? 'application/json' : body.type;
  if (body.compress !== true || bytes.byteLength <= MAX_UNCOMPRESSED)
    return { bytes: new Uint8Array(bytes), headers: { 'content-type': type } };
  const { gzip } = await import('node:zlib');
  const compressed = await promisify(gzip)(bytes);
  return { bytes: new Uint8Array(compressed), headers: { 'content-type': type, 'content-encoding': 'gzip' } };
}
