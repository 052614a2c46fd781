/** In characters. Longer values are tokens and files: they are searched only in the forms in which they are sent. */
const LONGEST_IN_EVERY_FORM = 2048;

/**
 * The forms in which a secret may appear in a text: plain, escaped in JSON (by JavaScript, .NET and PHP) or HTML,
 * percent-encoded in either case or twice, and in base64, also as a part of the encoded text, like a password in
 * `user:password`.
 */
export function formsOf(value: string): readonly string[] {
  const base64 = Buffer.from(value, 'utf8').toString('base64');
  const short = [value, percent(value), base64, percent(base64)];
  if (value.length > LONGEST_IN_EVERY_FORM) return [...new Set(short)];
  const json = JSON.stringify(value).slice(1, -1);
  const inBase64 = [0, 1, 2].map((before) => partOfBase64(value, before));
  return [
    ...new Set([
      ...short,
      json,
      json.replaceAll('/', '\\/'),
      value.replaceAll(ESCAPED_BY_NET, inHexadecimal('\\u', '', 4)),
      value.replaceAll(ESCAPED_IN_HTML, inHexadecimal('&#x', ';', 1)),
      value.replaceAll(ESCAPED_IN_HTML, (sign) => `&#${sign.codePointAt(0) ?? 0};`),
      percent(value).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
      percent(percent(value)),
      ...[base64.replace(/=+$/, ''), ...inBase64].flatMap((text) => [text, urlSafe(text)]),
    ]),
  ];
}

/** Source: System.Text.Json, JavaScriptEncoder.Default. */
const ESCAPED_BY_NET = /["&'+<>`\\]/g;

/** Source: System.Text.Encodings.Web, HtmlEncoder.Default. */
const ESCAPED_IN_HTML = /["&'+<>]/g;

function inHexadecimal(before: string, after: string, digits: number) {
  return (sign: string): string =>
    `${before}${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(digits, '0')}${after}`;
}

/** An unpaired surrogate has no percent-encoding. It becomes the replacement character, as when it is sent. */
function percent(value: string): string {
  return encodeURIComponent(Buffer.from(value, 'utf8').toString('utf8'));
}

/** The base64 characters that depend on the value alone, if `before` bytes (modulo three) precede it. */
function partOfBase64(value: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value, 'utf8')]);
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
