// @module-tag jumping-clock
// Writes take the time that Azure's were recorded to take, and their ends are refused to the app below the location.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onboardingOf } from './harness/appClient.js';
import { TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
beforeAll(async () => {
  // Time goes ten times as fast for all processes alike: what waits for Azure is most of what these runs do.
  it = await startTestStack({ azurePace: true, clock: 'scaled' });
  const { controlPlane, endpoints, ground } = it.stack;
  const scaled = await fetch(ground.places.clockUrl, {
    method: 'POST',
    body: JSON.stringify({ mode: 'scaled', scale: 10 }),
  });
  if (!scaled.ok) throw new Error(await scaled.text());
  await controlPlane.https(`${endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { operationResultsRight: 'enforced' },
  });
}, 120_000);
afterAll(() => it.dispose());

test('a client is onboarded, and taken away to the last of it', async () => {
  const before = await it.operator.everything();
  const completed = await it.app.end(await it.app.start(onboardingOf('paced')));
  expect(completed).toMatchObject({ status: 'completed' });
  const away = await new TakingAway(it).offboard('paced');
  expect(away).toMatchObject({ status: 'completed', result: { changed: true } });
  expect(await it.operator.everything()).toEqual(before);
});

test('one that cannot pull is taken back, and leaves nothing', async () => {
  const before = await it.operator.everything();
  // Other rights than the first one's, so that there is a scope map to take back.
  const repositories = { 'hello-world': ['content/read', 'metadata/read'] };
  const bad = onboardingOf('paced-too', { repositories, image: 'hello-world:no-such-tag' });
  const ended = await it.app.end(await it.app.start(bad));
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-manifest-unknown', residue: [] } });
  expect(await it.operator.everything()).toEqual(before);
});
