/**
 * How Newtonsoft.Json reads an object as a value of any type while its first members are for itself ($type, $id, $ref,
 * $values), token by token (public source: JsonSerializerInternalReader.ReadMetadataProperties, CreateJObject). Only
 * whether it can be read is of interest here; metadata.ts has what becomes of it.
 */
import { readJson } from './jsonReader.js';
import { JsonLiteral, type ReadToken, type TokenListener } from './tokens.js';

/** The text is JSON, but not an object whose metadata makes sense. */
export class JsonMetadataError extends Error {
  override readonly name = 'JsonMetadataError';

  constructor(
    message: string,
    readonly type: 'Newtonsoft.Json.JsonSerializationException' | 'System.NullReferenceException',
  ) {
    super(message);
  }
}

/** What is wrong with a value's metadata; the place is added where it is known. */
class MetadataRefused extends Error {}
/** .NET's own failure, which names no place. */
class NullReference extends Error {}

const begins = /^\{"\$(?:type|id|ref|values)"/;

/**
 * Why .NET cannot read a stored value as one of any type; undefined if it can.
 * @param json in the form in which .NET writes it
 */
export function unreadable(json: string): JsonMetadataError | undefined {
  if (!begins.test(json)) return undefined;
  try {
    readJson(json, { onToken: new LeadingMetadata('allowed').take });
    return undefined;
  } catch (error) {
    if (error instanceof JsonMetadataError) return error;
    throw error;
  }
}

/** It yields whether the value is over for .NET, so that the text may end. */
type Reading<T> = Generator<boolean, T, ReadToken>;

/** Follows a text that is read. */
export class LeadingMetadata {
  readonly #reading = readObject();
  #isOver = this.#reading.next().value === true;

  /** @param rest whether anything may follow the value */
  constructor(readonly rest: 'allowed' | 'refused' = 'refused') {}

  /** Whether .NET has read a whole value, although the text goes on. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** @throws JsonMetadataError at the token at which .NET gives up */
  readonly take: TokenListener = (token, place) => {
    if (this.#isOver && this.rest === 'allowed') return;
    try {
      this.#isOver = this.#reading.next(token).value === true;
    } catch (error) {
      if (error instanceof NullReference) throw new JsonMetadataError(error.message, 'System.NullReferenceException');
      if (!(error instanceof MetadataRefused)) throw error;
      throw new JsonMetadataError(`${error.message} ${place()}`, 'Newtonsoft.Json.JsonSerializationException');
    }
  };
}

const isBegin = (kind: ReadToken['kind']): boolean => kind === 'JObject' || kind === 'JArray';

/** Null, undefined, or the beginning of an object or list: the reader has no value there. */
const isNothing = ({ kind, value }: ReadToken): boolean =>
  isBegin(kind) ||
  (kind === 'value' && (value === null || (value instanceof JsonLiteral && value.text === 'undefined')));

function* readObject(): Reading<void> {
  if ((yield* content()).kind !== 'JObject') return;
  let token = yield false;
  let isInside = false;
  while (token.kind === 'name') {
    const { value: name } = token;
    if (name === '$values') return yield* onlyValues();
    if (name !== '$ref' && name !== '$type' && name !== '$id') break;
    token = yield false;
    if (name === '$ref') {
      const isText = token.kind === 'value' && typeof token.value === 'string';
      if (!isText && !(token.kind === 'value' && token.value === null))
        throw new MetadataRefused('JSON reference $ref property must have a string or null value.');
      token = yield false;
      if (isText) return yield* afterReference(token);
      continue;
    }
    if (name === '$type' && isNothing(token))
      throw new NullReference('Object reference not set to an instance of an object.');
    // It is not passed over: what is in it is read as if it were the object's own.
    if (isBegin(token.kind)) isInside = true;
    token = yield false;
  }
  if (token.kind === 'name' || token.kind === 'comment') {
    if (!isInside) return;
    yield* untilEnd();
  } else if (token.kind === 'end' && !isInside) return;
  yield* nothingMore();
}

function* onlyValues(): Reading<void> {
  if (isBegin((yield false).kind)) yield* untilEnd();
  if ((yield false).kind !== 'end') yield* nothingMore();
}

function* afterReference(token: ReadToken): Reading<void> {
  if (token.kind === 'name')
    throw new MetadataRefused(
      'Additional content found in JSON reference object. A JSON reference object should only have a $ref property.',
    );
  if (token.kind !== 'end') yield* nothingMore();
}

/** The next token that is no comment. */
function* content(isOver = false): Reading<ReadToken> {
  for (;;) {
    const token = yield isOver;
    if (token.kind !== 'comment') return token;
  }
}

/** Passes the rest of an object or list. */
function* untilEnd(): Reading<void> {
  for (let depth = 1; depth > 0;) {
    const { kind } = yield false;
    if (isBegin(kind)) depth += 1;
    if (kind === 'end') depth -= 1;
  }
}

/** The value is over for .NET, but the text is not. */
function* nothingMore(): Reading<void> {
  yield* content(true);
  throw new MetadataRefused('Additional text found in JSON string after finishing deserializing object.');
}
