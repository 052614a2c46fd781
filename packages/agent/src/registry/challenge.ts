/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const PART = new RegExp(`\\s*,?\\s*(${TOKEN})(?:\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))|(?=\\s|$))`, 'y');

/** Parses all challenges of the header, up to the first invalid one. Schemes and names are lower case. */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: Challenge[] = [];
  const text = header ?? '';
  PART.lastIndex = 0;
  for (let part = PART.exec(text); part; part = PART.exec(text)) {
    const [, name = '', quoted, plain] = part;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else Object.assign(challenges.at(-1)?.parameters ?? {}, { [name.toLowerCase()]: value });
  }
  return challenges;
}
