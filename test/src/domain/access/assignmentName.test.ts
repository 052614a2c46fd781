import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { assignmentName } from '../../../../src/domain/access/assignmentName.js';

/** What the Bicep CLI computed of infra/device-access.bicep. */
const snapshot = z
  .object({
    predictedResources: z.array(
      z.object({ id: z.string(), name: z.string(), properties: z.object({ principalId: z.string() }) }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(projectRoot(), 'infra', 'parameters', 'device.snapshot.json'), 'utf8')));

test.each(snapshot.predictedResources.map((one) => [one.name, one] as const))(
  'an assignment has the name %s that a deployment gives it',
  (name, { id, properties }) => {
    const [, vault = '', secret = ''] = /^(.+\/vaults\/[^/]+)\/secrets\/([^/]+)\//.exec(id) ?? [];
    expect(assignmentName(vault, secret, properties.principalId)).toBe(name);
  },
);

test('the assignments of a deployment are those of both secrets', () => {
  expect(snapshot.predictedResources).toHaveLength(2);
});
