/** Bodies as text, as .NET's HttpContent.ReadAsStringAsync reads them. */
import { HttpRequestFormError } from './requestHeaders.js';

/** Byte order marks, and the encodings that they stand for. */
const marks: readonly (readonly [readonly number[], string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** Encodings that .NET has without further packages, by their common names. */
const encodings = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['unicode-1-1-utf-8', 'utf-8'],
  ['utf-16', 'utf-16le'],
  ['utf-16le', 'utf-16le'],
  ['unicode', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
  ['us-ascii', 'ascii'],
  ['ascii', 'ascii'],
  ['iso-8859-1', 'latin1'],
  ['latin1', 'latin1'],
]);

/**
 * Decodes a body by the charset of its type, else by its byte order mark, else as UTF-8.
 * @throws HttpRequestFormError for a charset that .NET does not know
 */
export function bodyText(body: Buffer, contentType: string | undefined): string {
  const charset = /;\s*charset=("?)([^";]*)\1/i.exec(contentType ?? '')?.[2]?.trim();
  const mark = marks.find(([bytes]) => bytes.every((byte, index) => body[index] === byte));
  const encoding =
    charset === undefined || charset === '' ? (mark?.[1] ?? 'utf-8') : encodings.get(charset.toLowerCase());
  if (encoding === undefined)
    throw new HttpRequestFormError(
      'System.InvalidOperationException',
      'The character set provided in ContentType is invalid. Cannot read content as string using an invalid character set.',
    );
  if (encoding === 'latin1') return body.toString('latin1');
  if (encoding === 'ascii') return body.toString('latin1').replace(/[\x80-\xff]/g, '?');
  // The decoder removes its own mark.
  return new TextDecoder(encoding).decode(body);
}
