/**
 * Reads JSON as Newtonsoft.Json does, with which the extension reads what it is sent: comments, single quotes, names
 * without quotes, trailing commas, NaN, octal and hexadecimal numbers (public source: JsonTextReader.cs).
 */

import { jsonPath } from './jsonPath.js';
import { escapes, JsonLiteral, literals, numberToken } from './tokens.js';
import type { JsonObject, JsonToken, ReadToken, TokenListener } from './tokens.js';

/** Where a text ends too early. */
export interface Unfinished {
  /** The containers that are open, from the outermost one. */
  readonly open: readonly Frame['kind'][];
  /** Whether the last of what is there is a whole value. */
  readonly afterValue: boolean;
}

/** The text is not JSON, or too deep. */
export class JsonReadError extends Error {
  override readonly name = 'JsonReadError';

  constructor(
    message: string,
    readonly unfinished?: Unfinished,
  ) {
    super(message);
  }
}

/** Maximum depth of objects and lists. */
export const maxJsonDepth = 64;

/** Whether a text has no value at all, which some readers of the extension accept. */
export const isBlank = (text: string): boolean => /^\s*$/.test(text);

interface ReadOptions {
  /** Whether anything may follow the value. */
  readonly rest?: 'allowed' | 'refused';
  /** Gets each token when it is read; what it throws ends the reading. */
  readonly onToken?: TokenListener;
}

/**
 * Reads one value.
 * @throws JsonReadError
 */
export function readJson(text: string, { rest = 'refused', onToken }: ReadOptions = {}): JsonToken {
  const reader = new Reader(text.replace(/^\uFEFF/, ''), onToken);
  const value = reader.value();
  if (rest === 'refused') reader.expectEnd();
  return value;
}

/** A container that is being read, and its last member or entry that was started. */
interface Frame {
  readonly kind: 'JObject' | 'JArray';
  at?: string | number;
}

const types = { JObject: 'Object', JArray: 'Array', none: 'None' };

/** Ends of containers, as the reader names them. */
const ends = { '}': 'EndObject', ']': 'EndArray', ')': 'EndConstructor' };
type End = keyof typeof ends;
const isEnd = (text: string): text is End => text in ends;

/** Characters that are white space to .NET. */
const space = String.raw`\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`;
/** Without a group, whose repetition would need a stack as deep as the text is long. */
const whiteSpace = new RegExp(`[${space}]+`, 'y');

/** What may follow a name without quotes. */
const afterName = new RegExp(`^[${space}:]$`);
/** What may follow a number or a literal: white space, an end, or nothing. */
const separator = new RegExp(String.raw`^[${space},\]})/]?$`);

class Reader {
  #at = 0;
  #hasToken = false;
  readonly #frames: Frame[] = [];

  constructor(
    readonly text: string,
    readonly onToken?: TokenListener,
  ) {}

  value(): JsonToken {
    this.#skip();
    const next = this.text[this.#at];
    if (next === undefined) throw this.#ended();
    if (next === '{') return this.#object();
    if (next === '[') return this.#list();
    const value = this.#scalar(next);
    this.#count();
    this.#tell({ kind: 'value', value });
    return value;
  }

  expectEnd(): void {
    this.#skip();
    const next = this.text[this.#at];
    if (next !== undefined)
      throw this.#error(`Additional text encountered after finished reading JSON content: ${next}.`);
  }

  #scalar(next: string): JsonToken {
    if (next === '"' || next === "'") return this.#string(next);
    if (next === ']' || next === ')') throw this.#closedBy(next);
    const found = this.#literal(next);
    if (found !== undefined) return found;
    const number = this.#number();
    return number === undefined ? this.#unexpected(next) : number;
  }

  #object(): JsonObject {
    const frame = this.#enter('JObject');
    const members = new Map<string, JsonToken>();
    for (;;) {
      this.#skip();
      if (this.#take('}')) break;
      if (this.#next() === '') throw this.#ended();
      const name = this.#name();
      // White space alone may stand before the colon, no comment.
      this.#match(whiteSpace);
      if (!this.#take(':'))
        throw this.#error(
          `Invalid character after parsing property name. Expected ':' but got: ${this.#next() || '\0'}.`,
        );
      frame.at = name;
      this.#tell({ kind: 'name', value: name });
      members.set(name, this.value());
      if (!this.#goesOn('}')) break;
    }
    this.#leave();
    return members;
  }

  #list(): JsonToken[] {
    this.#enter('JArray');
    const items: JsonToken[] = [];
    for (;;) {
      this.#skip();
      if (this.#take(']')) break;
      // Between two commas there is a value, which is undefined.
      if (this.#next() === ',') {
        const value = new JsonLiteral('undefined');
        items.push(value);
        this.#count();
        this.#tell({ kind: 'value', value });
      } else items.push(this.value());
      if (!this.#goesOn(']')) break;
    }
    this.#leave();
    return items;
  }

  /** Whether a comma follows, and not the end of the container. */
  #goesOn(end: string): boolean {
    this.#skip();
    if (this.#take(',')) return true;
    if (this.#take(end)) return false;
    const next = this.#next();
    if (next === '') throw this.#ended(true);
    if (isEnd(next)) throw this.#closedBy(next);
    throw this.#error(`After parsing a value an unexpected character was encountered: ${next}.`);
  }

  /** An end that is not the container's own: the reader has left the container when it sees that. */
  #closedBy(end: End): JsonReadError {
    this.#at += 1;
    const type = types[this.#frames.pop()?.kind ?? 'none'];
    return this.#error(`JsonToken ${ends[end]} is not valid for closing JsonType ${type}.`);
  }

  #enter(kind: Frame['kind']): Frame {
    this.#at += 1;
    this.#count();
    const frame: Frame = { kind };
    this.#frames.push(frame);
    if (this.#frames.length > maxJsonDepth)
      throw this.#error(`The reader's MaxDepth of ${maxJsonDepth} has been exceeded.`);
    this.#tell({ kind });
    return frame;
  }

  #leave(): void {
    this.#frames.pop();
    this.#tell({ kind: 'end' });
  }

  /** A list counts its entries when they end, or begin as a container. */
  #count(): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'JArray') frame.at = typeof frame.at === 'number' ? frame.at + 1 : 0;
  }

  #name(): string {
    const next = this.#next();
    if (next === '"' || next === "'") return this.#string(next);
    const found = this.#identifier();
    if (found === '') throw this.#error(`Invalid property identifier character: ${next}.`);
    const after = this.#next();
    if (after === '') throw this.#error('Unexpected end while parsing unquoted property name.');
    if (!afterName.test(after)) throw this.#error(`Invalid JavaScript property identifier character: ${after}.`);
    return found;
  }

  /** Letters and digits. Those of the supplementary planes are two characters in .NET, of which none is a letter. */
  #identifier(): string {
    const start = this.#at;
    const found = this.#match(/[\p{L}\p{Nd}_$]+/uy) ?? '';
    const [known = ''] = found.split(/[\uD800-\uDFFF]/, 1);
    this.#at = start + known.length;
    return known;
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
    if (code === undefined)
      throw this.#error(
        // The quote and a brace may be all that is left.
        this.text.length - this.#at <= 4
          ? 'Unexpected end while parsing Unicode escape sequence.'
          : 'Invalid Unicode escape sequence.',
      );
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  #literal(first: string): JsonToken | undefined {
    const literal = literals.get(first);
    // A minus begins a number, too.
    if (literal === undefined || (first === '-' && this.text[this.#at + 1] !== 'I')) return undefined;
    const { word, value, kind } = literal;
    const rest = this.text.slice(this.#at, this.#at + word.length);
    // Another word that begins with n may be a constructor, which is not read here.
    if (kind === 'null' && rest.length > 1 && rest[1] !== 'u') return undefined;
    const same = Array.from(word).findIndex((letter, index) => letter !== rest[index]);
    this.#at += same < 0 ? word.length : same;
    if (same >= 0 && this.#next() === '') throw this.#error('Unexpected end when reading JSON.');
    if (same >= 0 || !separator.test(this.#next())) throw this.#error(`Error parsing ${kind} value.`);
    return value;
  }

  #number(): JsonToken | undefined {
    const text = /[-.\d]/.test(this.#next()) ? this.#match(/[-+.\da-fx]+/iy) : undefined;
    if (text === undefined) return undefined;
    if (!separator.test(this.#next()))
      throw this.#error(`Unexpected character encountered while parsing number: ${this.#next()}.`);
    const value = numberToken(text);
    if (value === undefined) throw this.#error(`Input string '${text}' is not a valid number.`);
    return value;
  }

  #unexpected(next: string): never {
    throw this.#error(`Unexpected character encountered while parsing value: ${next}.`);
  }

  /** The text is over before the value is. */
  #ended(afterValue = false): JsonReadError {
    const [outermost] = this.#frames;
    if (outermost === undefined) return this.#error('Error reading JToken from JsonReader.');
    const what =
      outermost.at === undefined
        ? `Error reading ${outermost.kind} from JsonReader.`
        : `Unexpected end of content while loading ${outermost.kind}.`;
    return this.#error(what, { open: this.#frames.map(({ kind }) => kind), afterValue });
  }

  /** Passes white space and comments. */
  #skip(): void {
    let hasComment = false;
    for (;;) {
      this.#match(whiteSpace);
      if (this.#match(/\/\/[^\r\n]*|\/\*[\s\S]*?\*\//y) === undefined) break;
      hasComment = true;
    }
    if (hasComment) this.#tell({ kind: 'comment' });
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

  #error(what: string, unfinished?: Unfinished): JsonReadError {
    return new JsonReadError(`${what} ${this.#place()}`, unfinished);
  }

  #tell(token: ReadToken): void {
    this.#hasToken = true;
    this.onToken?.(token, () => this.#place());
  }

  #place(): string {
    const lines = this.text.slice(0, this.#at).split(/\r\n|[\r\n]/);
    const position = lines.at(-1)?.length ?? 0;
    // Before its first token the reader has no line yet.
    const line = !this.#hasToken && position === 0 ? 0 : lines.length;
    const parts = this.#frames.flatMap(({ at }) => (at === undefined ? [] : [at]));
    return `Path '${jsonPath(parts)}', line ${line}, position ${position}.`;
  }
}
