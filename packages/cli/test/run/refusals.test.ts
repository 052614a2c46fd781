import { describe, expect, test } from 'vitest';
import { COMPLETED, PROBLEM, RUNNING } from '../fakes/answers.js';
import { CLIENT, REFERENCE, runCrctl, started } from '../fakes/runCrctl.js';

describe('some of several clients are refused', () => {
  const problem = { ...PROBLEM, errors: undefined, status: 409, code: 'another-run', running: 'x.1' };

  test('the others are started, and the exit code tells', async () => {
    const operations = [...started().operations, { ...REFERENCE, client: 'press-2', problem }];
    const { code, out, err } = await runCrctl(['rotate', CLIENT, 'plant7registry/press-2'], () => ({
      json: { operations },
    }));
    expect(code).toBe(4);
    expect(out).toContain(RUNNING.id);
    expect(err).toContain('myregistry/plant7registry/press-2: The request is not valid. (409 another-run)');
  });

  test('also after waiting for those', async () => {
    const operations = [...started().operations, { ...REFERENCE, client: 'press-2', problem }];
    const { code, err } = await runCrctl(['rotate', CLIENT, 'plant7registry/press-2', '--wait'], ({ method }) => ({
      json: method === 'POST' ? { operations } : COMPLETED,
    }));
    expect(code).toBe(4);
    expect(err).toContain('press-2');
  });
});

test('a dry run says which vault a device needs', async () => {
  const vaults = [{ client: 'press-1', vault: 'edge-vault.vault.azure.net' }];
  const { code, out } = await runCrctl(['onboard', CLIENT, '--dry-run'], () => ({
    json: { problems: [], writes: [], adopts: [], vaults },
  }));
  expect(code).toBe(0);
  expect(out).toContain('nothing would be written');
  expect(out).toMatch(/press-1 +edge-vault\.vault\.azure\.net/);
});

test('a dry run that would be refused ends with 4, and shows each fix', async () => {
  const problems = [
    {
      code: 'repository-not-synced',
      field: 'repositories.nope',
      message: 'It is not synced.',
      fix: 'az acr ...\naz two',
    },
    { code: 'fact-unknown', message: 'Nobody knows.', fix: 'Look.', unknown: true },
  ];
  const answer = { problems, writes: [], adopts: [] };
  const { code, out } = await runCrctl(['onboard', CLIENT, '--dry-run'], () => ({ json: answer }));
  expect(code).toBe(4);
  expect(out).toContain('repositories.nope, repository-not-synced: It is not synced.\n    az acr ...\n    az two');
  const onlyUnknown = { ...answer, problems: problems.slice(1) };
  expect((await runCrctl(['onboard', CLIENT, '--dry-run'], () => ({ json: onlyUnknown }))).code).toBe(0);
});

describe('at a terminal', () => {
  const env = { CRCTL_URL: 'https://app.example.org', CRCTL_KEY: 'k', NO_COLOR: '1', TERM: 'dumb' };

  test.each([
    ['y\n', 0, 1],
    ['yes\n', 0, 1],
    ['n\n', 1, 0],
    ['\n', 1, 0],
    ['yesterday\n', 1, 0],
  ])('a revocation asks, and the answer %j counts', async (stdin, expected, requests) => {
    const { code, err, world } = await runCrctl(['revoke', CLIENT], () => ({ json: started() }), {
      stdin,
      columns: 80,
      env,
    });
    expect(err).toContain(`Block ${CLIENT}? [y/N] `);
    expect({ code, requests: world.requests.length }).toEqual({ code: expected, requests });
  });

  test('a dry run does not ask', async () => {
    const { code, err } = await runCrctl(
      ['revoke', CLIENT, '--dry-run'],
      () => ({ json: { problems: [], writes: [], adopts: [] } }),
      { columns: 80, env },
    );
    expect(code).toBe(0);
    expect(err).not.toContain('[y/N]');
  });
});
