import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/registry/challenge.js';

test.each([
  [null, []],
  ['', []],
  [
    'Bearer realm="https://r/token?a=1,2",service="r",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://r/token?a=1,2', service: 'r', scope: 'repository:a/b:pull,push' },
      },
    ],
  ],
  ['BEARER Realm=r , Error = "a \\"b\\""', [{ scheme: 'bearer', parameters: { realm: 'r', error: 'a "b"' } }]],
  [
    'Basic realm="x", Bearer realm="y"',
    [
      { scheme: 'basic', parameters: { realm: 'x' } },
      { scheme: 'bearer', parameters: { realm: 'y' } },
    ],
  ],
  ['Negotiate', [{ scheme: 'negotiate', parameters: {} }]],
])('%s is parsed', (header, challenges) => {
  expect(parseChallenges(header)).toEqual(challenges);
});
