/**
 * Reads JSON as Newtonsoft.Json does, with which the extension reads what it is sent: comments, single quotes, names
 * without quotes, trailing commas, NaN, octal and hexadecimal numbers (public source: JsonTextReader.cs).
 */

/** A value that is written as it was read: a number in .NET's form, or `undefined`. */
export class JsonLiteral {
  constructor(readonly text: string) {}
}

/** What was read. Members keep their order; of equal names the last one counts. */
export type JsonToken = null | boolean | string | JsonLiteral | readonly JsonToken[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonToken>;

/** The text is not JSON, or too deep. */
export class JsonReadError extends Error {
  override readonly name = 'JsonReadError';
}

/** Maximum depth of objects and lists. */
export const maxJsonDepth = 64;

interface ReadOptions {
  /** Whether anything may follow the value. */
  readonly rest: 'allowed' | 'refused';
}

/**
 * Reads one value.
 * @throws JsonReadError
 */
export function readJson(text: string, options: ReadOptions = { rest: 'refused' }): JsonToken {
  const reader = new Reader(text.replace(/^\uFEFF/, ''));
  const value = reader.value();
  if (options.rest === 'refused') reader.expectEnd();
  return value;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };
const literals: ReadonlyMap<string, JsonToken> = new Map<string, JsonToken>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', new JsonLiteral('undefined')],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['-Infinity', '-Infinity'],
]);

class Reader {
  #at = 0;
  readonly #path: (string | number)[] = [];

  constructor(readonly text: string) {}

  value(): JsonToken {
    this.#skip();
    const next = this.text[this.#at];
    if (next === undefined) throw this.#error(`Error reading JToken from JsonReader.`);
    if (next === '{') return this.#object();
    if (next === '[') return this.#list();
    if (next === '"' || next === "'") return this.#string(next);
    const found = this.#literal();
    if (found !== undefined) return found;
    const number = this.#number();
    return number === undefined ? this.#unexpected(next) : number;
  }

  expectEnd(): void {
    this.#skip();
    const next = this.text[this.#at];
    if (next !== undefined)
      throw this.#error(`Additional text encountered after finished reading JSON content: ${next}.`);
  }

  #object(): JsonObject {
    this.#enter();
    const members = new Map<string, JsonToken>();
    for (;;) {
      this.#skip();
      if (this.#take('}')) break;
      const name = this.#name();
      this.#path.push(name);
      this.#skip();
      if (!this.#take(':'))
        throw this.#error(`Invalid character after parsing property name. Expected ':' but got: ${this.#next()}.`);
      members.set(name, this.value());
      this.#path.pop();
      this.#skip();
      if (this.#take(',')) continue;
      if (this.#take('}')) break;
      throw this.#after();
    }
    this.#depth -= 1;
    return members;
  }

  #list(): JsonToken[] {
    this.#enter();
    const items: JsonToken[] = [];
    for (;;) {
      this.#skip();
      if (this.#take(']')) break;
      this.#path.push(items.length);
      // Between two commas there is a value, which is undefined.
      items.push(this.#next() === ',' ? new JsonLiteral('undefined') : this.value());
      this.#path.pop();
      this.#skip();
      if (this.#take(',')) continue;
      if (this.#take(']')) break;
      throw this.#after();
    }
    this.#depth -= 1;
    return items;
  }

  #depth = 0;

  #enter(): void {
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > maxJsonDepth) throw this.#error(`The reader's MaxDepth of ${maxJsonDepth} has been exceeded.`);
  }

  #name(): string {
    const next = this.#next();
    if (next === '"' || next === "'") return this.#string(next);
    const found = this.#match(/[\p{L}\p{N}_$]+/uy);
    if (found === undefined) throw this.#error(`Invalid property identifier character: ${next}.`);
    return found;
  }

  #string(quote: string): string {
    this.#at += 1;
    let value = '';
    for (;;) {
      const plain = this.#match(quote === '"' ? /[^"\\]+/y : /[^'\\]+/y);
      if (plain !== undefined) value += plain;
      if (this.#take(quote)) return value.replace(/\p{Surrogate}/gu, '\ufffd');
      if (!this.#take('\\')) throw this.#error(`Unterminated string. Expected delimiter: ${quote}.`);
      const escape = this.text[this.#at] ?? '';
      this.#at += 1;
      if (escape === 'u') value += this.#unicode();
      else if (/["'\\/]/.test(escape)) value += escape;
      else if (escapes[escape] !== undefined) value += escapes[escape];
      else throw this.#error(`Bad JSON escape sequence: \\${escape}.`);
    }
  }

  #unicode(): string {
    const code = this.#match(/[\da-f]{4}/iy);
    if (code === undefined) throw this.#error('Invalid Unicode escape sequence.');
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  #literal(): JsonToken | undefined {
    for (const [word, value] of literals)
      if (this.text.startsWith(word, this.#at) && !/[\p{L}\p{N}_$]/u.test(this.text[this.#at + word.length] ?? '')) {
        this.#at += word.length;
        return value;
      }
    return undefined;
  }

  #number(): JsonToken | undefined {
    const text = /[-.\d]/.test(this.#next()) ? this.#match(/[-+.\da-fx]+/iy) : undefined;
    if (text === undefined) return undefined;
    const value = numberToken(text);
    if (value === undefined) throw this.#error(`Input string '${text}' is not a valid number.`);
    return value;
  }

  #unexpected(next: string): never {
    throw this.#error(`Unexpected character encountered while parsing value: ${next}.`);
  }

  #after(): JsonReadError {
    return this.#next() === ''
      ? this.#error('Unexpected end of content while loading JSON.')
      : this.#error(`After parsing a value an unexpected character was encountered: ${this.#next()}.`);
  }

  /** Passes white space and comments. */
  #skip(): void {
    this.#match(/(?:\s|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)+/y);
  }

  #next(): string {
    return this.text[this.#at] ?? '';
  }

  #take(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #error(what: string): JsonReadError {
    const lines = this.#at === 0 ? [] : this.text.slice(0, this.#at).split('\n');
    const path = this.#path
      .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
      .join('');
    return new JsonReadError(`${what} Path '${path}', line ${lines.length}, position ${lines.at(-1)?.length ?? 0}.`);
  }
}

/** A number in the form in which .NET writes it; undefined if it is none. */
function numberToken(text: string): JsonToken | undefined {
  const [, sign = '', digits = ''] = /^(-?)([\s\S]*)$/.exec(text) ?? [];
  if (/^0x[\da-f]+$/i.test(digits)) return whole(sign, BigInt(digits));
  if (/^0[0-7]+$/.test(digits)) return whole(sign, BigInt(`0o${digits.slice(1)}`));
  if (/^\d+$/.test(digits)) return whole(sign, BigInt(digits));
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
