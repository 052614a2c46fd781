/**
 * JSON as Go's encoding/json reads it into structures, which is how container engines read their files. Members keep
 * their order, and repeated members are kept. JSON.parse would lose the first of two.
 */
export type GoValue = string | GoNumber | boolean | null | readonly GoValue[] | GoObject;

/** A number as it is written. JSON.parse would round a large one. */
class GoNumber {
  constructor(readonly text: string) {}
}

/** The members of an object, in order. */
export class GoObject {
  constructor(readonly members: readonly (readonly [name: string, value: GoValue])[]) {}

  /** The values of a field. Go matches field names without regard to case (Go docs: encoding/json, Unmarshal). */
  named(field: string): GoValue[] {
    return this.members.flatMap(([name, value]) => (isField(name, field) ? [value] : []));
  }
}

/**
 * Whether Go reads a member of this name into the field. It uses Unicode simple case folding, which includes the long s
 * and the Kelvin sign.
 */
export function isField(name: string, field: string): boolean {
  return folded(name) === folded(field);
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's');
}

/** Plain characters of a string are matched in long runs: one by one, a long string would exhaust the stack. */
const TOKEN = /[{}[\]:,]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}[\]:,"]+/g;
/** Go reads 10,000 levels. No engine's config has more than a few, and the stack ends earlier. */
const DEEPEST = 500;

/** Parses a text; undefined if it is not JSON or is nested too deeply. */
export function parseGoJson(text: string): GoValue | undefined {
  try {
    // The code below relies on valid JSON.
    JSON.parse(text);
    const tokens = text.match(TOKEN) ?? [];
    return readValue({ tokens, at: 0, depth: 0 });
  } catch {
    return undefined;
  }
}

/** Writes a value with tabs, as docker does. Numbers, order and repeated members stay as they were read. */
export function printGoJson(value: GoValue, indent = ''): string {
  const inner = `${indent}\t`;
  const lines = (open: string, items: readonly string[], close: string) =>
    items.length === 0 ? open + close : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
  if (value instanceof GoNumber) return value.text;
  if (value instanceof GoObject) {
    const members = value.members.map(([name, one]) => `${JSON.stringify(name)}: ${printGoJson(one, inner)}`);
    return lines('{', members, '}');
  }
  if (value !== null && typeof value === 'object') {
    return lines(
      '[',
      value.map((one) => printGoJson(one, inner)),
      ']',
    );
  }
  return JSON.stringify(value);
}

interface Place {
  tokens: readonly string[];
  at: number;
  depth: number;
}

function readValue(place: Place): GoValue {
  const token = next(place);
  if (token === '{' || token === '[') {
    place.depth += 1;
    if (place.depth > DEEPEST) throw new SyntaxError('it is nested too deeply');
    const value = token === '{' ? readObject(place) : readList(place);
    place.depth -= 1;
    return value;
  }
  return /^[-\d]/.test(token) ? new GoNumber(token) : (JSON.parse(token) as string | boolean | null);
}

function readObject(place: Place): GoObject {
  const members: [string, GoValue][] = [];
  while (place.tokens[place.at] !== '}') {
    const name = JSON.parse(next(place)) as string;
    next(place);
    members.push([name, readValue(place)]);
    if (place.tokens[place.at] === ',') place.at += 1;
  }
  place.at += 1;
  return new GoObject(members);
}

function readList(place: Place): GoValue[] {
  const values: GoValue[] = [];
  while (place.tokens[place.at] !== ']') {
    values.push(readValue(place));
    if (place.tokens[place.at] === ',') place.at += 1;
  }
  place.at += 1;
  return values;
}

function next(place: Place): string {
  const token = place.tokens[place.at];
  if (token === undefined) throw new SyntaxError('it ends too early');
  place.at += 1;
  return token;
}
