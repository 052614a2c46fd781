// Writes take the time that Azure's were recorded to take, and polls below the location are refused to the app.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onboardingOf } from './harness/appClient.js';
import { TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
beforeAll(async () => {
  // In the machine's time: the SDK sleeps between two polls, and no clock of ours moves that.
  it = await startTestStack({ azurePace: true });
  const { controlPlane, endpoints } = it.stack;
  await controlPlane.https(`${endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { operationResultsRight: 'enforced' },
  });
});
afterAll(() => it.dispose());

test('at Azure’s pace, onboarding and offboarding complete, a failed onboarding is undone, and nothing is left', async () => {
  const before = await it.operator.everything();
  // Other rights than the first one's, so that there is a scope map to take back.
  const repositories = { 'hello-world': ['content/read', 'metadata/read'] };
  const bad = onboardingOf('paced-too', { repositories, image: 'hello-world:no-such-tag' });
  const started = [await it.app.start(onboardingOf('paced')), await it.app.start(bad)];
  const [completed, rolledBack] = await Promise.all(started.map((id) => it.app.end(id)));
  expect(completed).toMatchObject({ status: 'completed' });
  expect(rolledBack).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-manifest-unknown', residue: [] } });
  const away = await new TakingAway(it).offboard('paced');
  expect(away).toMatchObject({ status: 'completed', result: { changed: true } });
  expect(await it.operator.everything()).toEqual(before);
}, 180_000);
