import type { HttpRequest } from '@azure/functions';

/** What a body came to: its bytes, or that it is larger than the route takes. */
export type BoundedBody = { readonly bytes: Buffer } | { readonly tooLarge: true };

/**
 * Reads a request's body, of which never more than `most` bytes are kept. One that declares more is not read at all, and
 * one that turns out to have more is read no further than that; what is left of it is thrown away as it comes, since a
 * stream that is broken off would cost the caller the answer (the host then answers 500 by itself).
 * @param most longest body taken, in bytes.
 */
export async function boundedBody(request: Pick<HttpRequest, 'headers' | 'body'>, max: number): Promise<BoundedBody> {
  const declared = request.headers.get('content-length');
  if (declared !== null && !(Number(declared) <= max)) return { tooLarge: true };
  if (!request.body) return { bytes: Buffer.alloc(0) };
  const reader: BodyReader = request.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) return { bytes: Buffer.concat(parts) };
    size += value.byteLength;
    if (size > max) {
      void discard(reader);
      return { tooLarge: true };
    }
    parts.push(value);
  }
}

interface BodyReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/** Reads to the end and keeps nothing. A caller that goes away in between is nobody's concern any more. */
async function discard(reader: BodyReader): Promise<void> {
  try {
    while ((await reader.read()).value !== undefined);
  } catch {
    // The connection has ended.
  }
}
