/**
 * JSON as Go's encoding/json reads it into structures, which is how container engines read their files: an object's members in
 * their order, one that is there twice twice. What JSON.parse makes of it has lost the first of two.
 */
export type GoValue = string | number | boolean | null | readonly GoValue[] | GoObject;

/** The members of an object, in order. */
export class GoObject {
  constructor(readonly members: readonly (readonly [name: string, value: GoValue])[]) {}

  /** The members of a field. Go takes its name in any letters (Go docs: encoding/json, Unmarshal). */
  named(field: string): GoValue[] {
    return this.members.flatMap(([name, value]) => (isField(name, field) ? [value] : []));
  }
}

/** Whether Go reads a member of this name into the field: letters fold as Unicode does simply, the long s and the Kelvin sign too. */
export function isField(name: string, field: string): boolean {
  return folded(name) === folded(field);
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's');
}

const TOKEN = /[{}[\]:,]|"(?:[^"\\]|\\.)*"|[^\s{}[\]:,"]+/g;

/** Reads a text; undefined when it is no JSON, or nested deeper than can be read. */
export function parseGoJson(text: string): GoValue | undefined {
  try {
    // Everything that follows relies on it being JSON.
    JSON.parse(text);
    const tokens = text.match(TOKEN) ?? [];
    return readValue({ tokens, at: 0 });
  } catch {
    return undefined;
  }
}

interface Place {
  tokens: readonly string[];
  at: number;
}

function readValue(place: Place): GoValue {
  const token = next(place);
  if (token === '{') return readObject(place);
  if (token === '[') return readList(place);
  return JSON.parse(token) as string | number | boolean | null;
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
