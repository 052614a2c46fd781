import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack();
  const { controlPlane, endpoints } = it.stack;
  // Azure may answer any write with 201 or 202 and an address to ask for its end.
  await controlPlane.https(`${endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { asynchronousWrites: 'always' },
  });
});
afterAll(() => it.dispose());

test('with asynchronous ARM writes, an onboarding completes, and one whose device cannot pull is undone', async () => {
  const { connectedRegistry } = it.stack.endpoints.edge;
  const good = { connectedRegistry, client: 'asynchronous', repositories: ['hello-world'] };
  const completed = await it.app.end(await it.app.start(good));
  expect(completed).toMatchObject({ status: 'completed' });

  const before = await it.operator.everything();
  // Other rights than the first one's, so that there is a scope map to take back.
  const repositories = { 'hello-world': ['content/read', 'metadata/read'] };
  const bad = { connectedRegistry, client: 'asynchronous-too', repositories, image: 'hello-world:no-such-tag' };
  const ended = await it.app.end(await it.app.start(bad));
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-manifest-unknown', residue: [] } });
  expect(await it.operator.everything()).toEqual(before);
});
