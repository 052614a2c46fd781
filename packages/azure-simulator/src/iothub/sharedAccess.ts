import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A parsed shared access signature: resource, expiry and policy. */
export interface SharedAccess {
  /** As signed: still URL-encoded. */
  resource: string;
  signature: string;
  /** Unix seconds, as sent, because this text was signed. */
  expiry: string;
  policy?: string;
}

/** `SharedAccessSignature sr=...&sig=...&se=...[&skn=...]` (Azure docs: iot-hub-dev-guide-sas). */
export function readSharedAccess(text: string): SharedAccess | undefined {
  const fields = /^SharedAccessSignature +(.+)$/i.exec(text)?.[1];
  if (fields === undefined) return undefined;
  const parts = new Map(
    fields.split('&').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const [resource, signature, expiry] = [parts.get('sr'), parts.get('sig'), parts.get('se')];
  if (resource === undefined || signature === undefined || expiry === undefined || !/^\d+$/.test(expiry)) {
    return undefined;
  }
  const policy = parts.get('skn');
  return {
    resource,
    signature: decode(signature),
    expiry,
    ...(policy === undefined || policy === '' ? {} : { policy: decode(policy) }),
  };
}

/** Whether it was signed with one of the keys (base64), for this resource or one above it, and is valid at `now`. */
export function isGoodFor(
  access: SharedAccess,
  keys: readonly (string | null)[],
  resource: string,
  now: Date,
): boolean {
  if (Number(access.expiry) * 1000 <= now.getTime()) return false;
  const signed = decode(access.resource).toLowerCase();
  const wanted = resource.toLowerCase();
  if (wanted !== signed && !wanted.startsWith(`${signed}/`)) return false;
  return keys.some((key) => {
    if (key === null) return false;
    const digest = createHmac('sha256', Buffer.from(key, 'base64'))
      .update(`${access.resource}\n${access.expiry}`)
      .digest('base64');
    return isEqual(digest, access.signature);
  });
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
