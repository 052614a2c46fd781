import type { HttpRequest } from '@azure/functions';

/** A request's body, or that it is larger than the route accepts. */
type BoundedBody = { readonly bytes: Buffer } | { readonly tooLarge: true };

/**
 * Reads a request's body and keeps at most `max` bytes in memory. A body that declares more is not read. The rest of a
 * body that turns out to be longer is read and discarded: if the stream were closed, the host would answer 500 by
 * itself.
 * @param max maximum bytes of the body
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

/** Reads to the end and keeps nothing. */
async function discard(reader: BodyReader): Promise<void> {
  try {
    while ((await reader.read()).value !== undefined);
  } catch {
    // The caller has closed the connection, so no answer is needed.
  }
}
