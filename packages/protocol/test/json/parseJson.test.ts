import { expect, test } from 'vitest';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

test.each(['', '{', 'undefined', "{'a': 1}", '[1', 'a-secret'])('%j, which is not JSON, gives undefined', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

test.each(['null', '0', '""', '[]', '{"a":[1,"b"]}'])('%s gives its value', (text) => {
  expect(JSON.stringify(parseJson(text))).toBe(text);
});
