import { expect, test } from 'vitest';
import { requestedRepositories } from '../../src/names/repositoryActions.js';

test.each([
  [
    ['repositories/b/content/read', 'repositories/a/b/content/read'],
    ['b', 'a/b'],
  ],
  [
    ['repositories/a/content/read', 'repositories/a/Metadata/Read', 'repositories/samples/*/content/read'],
    { a: ['content/read', 'metadata/read'], 'samples/*': ['content/read'] },
  ],
  [['repositories/__proto__/content/write'], { ['__proto__']: ['content/write'] }],
  [[], undefined],
  [['repositories/a/content/read', 'gateway/site/config/read'], undefined],
  [['repositories/a/content/own'], undefined],
])('the rights %j are requested as %j', (actions, repositories) => {
  expect(requestedRepositories(actions)).toEqual(repositories);
});
