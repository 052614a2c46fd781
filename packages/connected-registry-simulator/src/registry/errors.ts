import { jsonReply } from './exchange.js';
import type { Reply } from './exchange.js';

/** Codes of the OCI distribution specification ("Error Codes") that this registry uses. */
export type ErrorCode =
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_UNKNOWN'
  | 'NAME_INVALID'
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'TAG_INVALID'
  | 'DIGEST_INVALID'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS';

/** A refusal in the registry's envelope, `{"errors":[{code, message, detail}]}`. */
export function errorReply(
  status: number,
  code: ErrorCode,
  message: string,
  detail: unknown = null,
  headers: Record<string, string> = {},
): Reply {
  return { ...jsonReply(status, { errors: [{ code, message, detail }] }, headers), noted: { code, reason: message } };
}
