/** What a JSON text consists of, in the form in which .NET writes it. */

/** A value that is written as it was read: a number in .NET's form, or `undefined`. */
export class JsonLiteral {
  constructor(readonly text: string) {}
}

/** What was read. Members keep their order; of equal names the last one counts. */
export type JsonToken = null | boolean | string | JsonLiteral | readonly JsonToken[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonToken>;

/** A number in the form in which .NET writes it; undefined if it is none. */
export function numberToken(text: string): JsonToken | undefined {
  const [, sign = '', digits = ''] = /^(-?)([\s\S]*)$/.exec(text) ?? [];
  if (/^0x[\da-f]+$/i.test(digits)) return whole(sign, BigInt(digits));
  if (/^0[0-7]+$/.test(digits)) return whole(sign, BigInt(`0o${digits.slice(1)}`));
  // With a zero before them they are octal.
  if (/^(?:0|[1-9]\d*)$/.test(digits)) return whole(sign, BigInt(digits));
  if (/^0\d+$/.test(digits)) return undefined;
  return /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(digits) ? floatToken(Number(text)) : undefined;
}

const whole = (sign: string, magnitude: bigint): JsonLiteral =>
  new JsonLiteral(String(sign === '-' ? -magnitude : magnitude));

/** A floating point number. Those that JSON does not have become text. */
export function floatToken(value: number): JsonToken {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '0', power = '0'] = Math.abs(value).toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 15) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return new JsonLiteral(`${sign}${mantissa}E${exponent < 0 ? '-' : '+'}${digits}`);
  }
  const plain = String(Math.abs(value));
  return new JsonLiteral(`${sign}${plain.includes('.') ? plain : `${plain}.0`}`);
}

/** A step of reading, as .NET's reader takes it. Names and values have their value; white space is no step. */
export interface ReadToken {
  readonly kind: 'JObject' | 'JArray' | 'end' | 'name' | 'value' | 'comment';
  readonly value?: JsonToken;
}

/** Gets each token when it is read, and where that is, in the words of an error. What it throws ends the reading. */
export type TokenListener = (token: ReadToken, place: () => string) => void;

/** What a letter after a backslash stands for. */
export const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };
/** By their first letter; what the errors call them. */
export const literals: ReadonlyMap<string, { word: string; value: JsonToken; kind: string }> = new Map(
  [
    { word: 'true', value: true, kind: 'boolean' },
    { word: 'false', value: false, kind: 'boolean' },
    { word: 'null', value: null, kind: 'null' },
    { word: 'undefined', value: new JsonLiteral('undefined'), kind: 'undefined' },
    { word: 'NaN', value: 'NaN', kind: 'NaN' },
    { word: 'Infinity', value: 'Infinity', kind: 'Infinity' },
    { word: '-Infinity', value: '-Infinity', kind: '-Infinity' },
  ].map((literal) => [literal.word.charAt(0), literal]),
);
