import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withCredentials } from '../../src/consumers/auths.js';
import { ConsumerFailure } from '../../src/consumers/consumer.js';
import { engineProblem } from '../../src/consumers/engineConfig.js';
import { isField } from '../../src/consumers/goJson.js';
import { ENGINE_CASES } from '../under-test/engineCases.js';

const ENDPOINT = 'edge:8000';
const CREDENTIALS = { endpoint: ENDPOINT, username: 'token', password: 'pass+word=' };
const cases = ENGINE_CASES(ENDPOINT, CREDENTIALS.username);

const outcome = (before: string) => {
  try {
    return withCredentials(before, CREDENTIALS) ?? before;
  } catch (error) {
    if (error instanceof ConsumerFailure) return error;
    throw error;
  }
};

describe('a docker config.json', () => {
  test.each(cases.filter(({ right }) => right === 'written'))('with $name uses the entry', ({ before }) => {
    const written = outcome(before);
    expect(written).toBeTypeOf('string');
    expect(engineProblem(String(written), CREDENTIALS)).toBeUndefined();
    expect(withCredentials(String(written), CREDENTIALS)).toBeUndefined();
  });

  test.each(cases.filter(({ right }) => right === 'refused'))('with $name does not use the entry', ({ before }) => {
    const refused = outcome(before);
    expect(refused).toBeInstanceOf(ConsumerFailure);
    expect(String(refused)).not.toMatch(/stale|pass\+word/);
  });

  test('keeps its other text unchanged, even large numbers and duplicate members', () => {
    const kept =
      '"a": 12345678901234567890,\n\t"b": 1E400,\n\t"c": -0.0,\n\t"d": {\n\t\t"e": 1,\n\t\t"e": []\n\t},\n\t"a": {},';
    const before = `{${kept.replaceAll(/\s/g, '')}"auths":{}}`;
    expect(String(outcome(before)).startsWith(`{\n\t${kept}\n\t"auths": {`)).toBe(true);
  });

  test('keeps the entries of auths in two spellings', () => {
    const before = '{"auths":{"a:1":{"auth":"YTpi"}},"AUTHS":{"b:1":{"auth":"Yzpk"}},"auths":{"c:1":{}}}';
    const { auths } = JSON.parse(String(outcome(before))) as { auths: object };
    expect(Object.keys(auths)).toEqual(['a:1', 'b:1', 'c:1', ENDPOINT]);
  });

  test('is read again at each decision, since others may have changed it', () => {
    const written = JSON.parse(String(outcome('{}'))) as object;
    expect(engineProblem(JSON.stringify({ ...written, credsStore: 'x' }), CREDENTIALS)).toMatch(/credential helper/);
    expect(engineProblem('{}', CREDENTIALS)).toMatch(/another credential/);
  });
});

test('an entry is never considered used if a helper in any spelling overrides it', () => {
  const letters = (word: string) =>
    fc
      .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
      .map((upper) => Array.from(word, (letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''));
  const taken = fc.check(
    fc.property(letters('credsstore'), letters('credhelpers'), fc.boolean(), (store, helpers, isStore) => {
      const before = isStore ? { [store]: 'pass' } : { [helpers]: { [ENDPOINT]: 'pass' } };
      return outcome(JSON.stringify(before)) instanceof ConsumerFailure;
    }),
  );

  expect(taken.counterexample).toBeNull();
});

test.each([
  ['AUTHS', 'auths', true],
  ['auth\u017f', 'auths', true],
  ['\u212aey', 'key', true],
  ['auth', 'auths', false],
  ['auths ', 'auths', false],
])('Go reads %j into %j: %s', (name, field, right) => expect(isField(name, field)).toBe(right));
