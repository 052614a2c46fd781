import { expect, test } from 'vitest';
import { ROLLOUT, RUNNING } from '../fakes/answers.js';
import { CLIENT, runCrctl } from '../fakes/runCrctl.js';

const WARNING = {
  code: 'role-assignments-near-limit',
  registry: 'myregistry',
  connectedRegistry: 'plant7registry',
  message: 'The subscription of the vault v has 3600 of at most 4000 role assignments.',
  fix: 'Add a vault in another subscription.',
};

test.each([
  ['onboard', ['onboard', CLIENT, '--repository', 'a'], { id: RUNNING.id, status: 'running' }],
  ['rollouts start', ['rollouts', 'start', CLIENT, '--kind', 'onboard', '--repository', 'a'], ROLLOUT],
] as const)('crctl %s shows what the app warns of, and succeeds', async (_, argv, answer) => {
  const { code, err } = await runCrctl(argv, () => ({ status: 202, json: { ...answer, warnings: [WARNING] } }));
  expect([code, err]).toEqual([0, expect.stringContaining(`Warning: ${WARNING.message}\n  ${WARNING.fix}`)]);
  const plain = await runCrctl(argv, () => ({ status: 202, json: answer }));
  expect(plain.err).not.toContain('Warning');
});
