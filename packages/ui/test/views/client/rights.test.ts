import { expect, test } from 'vitest';
import { rightsOf } from '../../../src/views/client/rights.js';

test('actions are shown by repository, whatever their order', () => {
  expect(
    rightsOf([
      'repositories/samples/web/metadata/read',
      'repositories/hello-world/content/read',
      'repositories/samples/web/content/read',
      'repositories/samples/*/content/read',
    ]),
  ).toEqual([
    { repository: 'hello-world', actions: ['content/read'] },
    { repository: 'samples/*', actions: ['content/read'] },
    { repository: 'samples/web', actions: ['content/read', 'metadata/read'] },
  ]);
});

test('an action that is not about a repository is shown as it is', () => {
  expect(rightsOf(['gateway/line-a/config/read', 'repositories/x', ''])).toEqual([
    { actions: ['gateway/line-a/config/read'] },
    { actions: ['repositories/x'] },
    { actions: [''] },
  ]);
});
