import { expect, test } from 'vitest';
import { hintingReports } from '../../../../src/triggers/news/hintingReports.js';
import { FakeDurableClient, httpRequest } from '../../fakes/durable/durableClient.js';
import { FakeHints } from '../../fakes/services/hints.js';
import { RUN } from '../../fakes/answers/requests.js';

const INSTANCE = 'myregistry-plant-7-sensor-7-0123456789abcdef';

test.each<[string, string, number, string[]]>([
  ['accepted', `${INSTANCE}.${RUN}`, 202, [INSTANCE]],
  ['accepted before', `${INSTANCE}.${RUN}`, 200, []],
  ['refused', `${INSTANCE}.${RUN}`, 401, []],
  ['about no operation', 'nothing', 202, []],
])('a report that is %s', async (_, operation, status, keys) => {
  const hints = new FakeHints();
  const answer = await hintingReports(hints, async () => ({ status }))(
    httpRequest({ params: { operation, attempt: '1' } }),
    new FakeDurableClient().client,
  );
  expect([answer.status, hints.keys]).toEqual([status, keys]);
});
