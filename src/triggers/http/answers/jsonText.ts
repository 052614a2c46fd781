import { gzipSync } from 'node:zlib';
import type { HttpRequest } from '@azure/functions';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

/** Characters from which compression is worth it. */
const WORTH_IT = 1024;

/** `gzip` in a list of encodings, unless its weight is zero (RFC 9110, 12.5.3). */
const TAKES_GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i;

/** A body, and the headers that go with it. */
interface Encoded {
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** JSON that many callers get: it is compressed once, and looked through for secrets once. */
export class JsonText {
  #packed: Buffer | undefined;

  constructor(readonly text: string) {}

  /** In the encoding that the caller takes. */
  for({ headers }: Pick<HttpRequest, 'headers'>): Encoded {
    const type = { 'content-type': 'application/json' };
    if (this.text.length < WORTH_IT || !TAKES_GZIP.test(headers.get('accept-encoding') ?? ''))
      return { body: this.text, headers: type };
    // What guards every invocation's output does not look into compressed bodies.
    this.#packed ??= gzipSync(seenSecrets.redact(this.text));
    return { body: this.#packed, headers: { ...type, 'content-encoding': 'gzip', vary: 'accept-encoding' } };
  }
}
