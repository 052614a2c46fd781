import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { globSync } from 'tinyglobby';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { VERSION } from '@connected-registry/protocol/names/version';
import { loadGithubRules, type GithubRules } from './githubRules.js';

const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const EXAMPLE = 'examples/github/fleet.yml';
const ACTIONS = {
  './.github/actions/crctl': 'packages/cli/action',
  './.github/actions/crctl/comment': 'packages/cli/action/comment',
};
const WORKFLOWS = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);

let problemsOf: GithubRules;
beforeAll(async () => {
  problemsOf = await loadGithubRules(ACTIONS);
});

describe("GitHub's own rules", () => {
  test.each([EXAMPLE, ...Object.values(ACTIONS).map((folder) => `${folder}/action.yml`), ...WORKFLOWS])(
    'accept %s',
    async (file) => {
      expect(await problemsOf(file, read(file))).toEqual([]);
    },
  );

  test.each<[string, string, string, RegExp]>([
    ['a field that does not exist', 'timeout-minutes: 5\n', 'timeouts: 5\n', /Unexpected value 'timeouts'/],
    ['a step that is not there', 'steps.plan.outputs.changes', 'steps.nope.outputs.changes', /might be invalid: nope/],
    ['a right that does not exist', 'pull-requests: write', 'pull-requests: all', /Unexpected value 'all'/],
    ['an input that the action has not', 'command: plan', 'comand: plan', /has no input comand/],
    ['an input that is missing', 'command: plan', 'timeout: 5h', /needs the input command/],
  ])('refuse %s', async (_what, place, wrong, problem) => {
    expect(read(EXAMPLE)).toContain(place);
    expect((await problemsOf(EXAMPLE, read(EXAMPLE).replace(place, wrong))).join('\n')).toMatch(problem);
  });
});

const job = z.object({
  if: z.string().optional(),
  needs: z.string().optional(),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.string()),
  'timeout-minutes': z.number(),
  steps: z.array(
    z.object({
      uses: z.string(),
      with: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
const workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({}),
  concurrency: z.object({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.strictObject({ plan: job, comment: job, apply: job }),
});

describe('the example', () => {
  const text = read(EXAMPLE);
  const example = workflow.parse(parse(text));
  const { plan, comment, apply } = example.jobs;

  test('pins every action to a full commit, with its version beside it; ours are in the repository', () => {
    const uses = [...text.matchAll(/uses: (.+)/g)].map(([, used = '']) => used);
    expect(uses.length).toBeGreaterThan(8);
    for (const used of uses.filter((one) => !(one in ACTIONS)))
      expect(used).toMatch(/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('has the same versions as the workflows of this project, which are proposed newer ones', () => {
    const pins = (of: string) =>
      new Map([...of.matchAll(/uses: ([^@\s]+)@(\S+ # \S+)/g)].map(([, name = '', pin = '']) => [name, pin]));
    const own = pins(WORKFLOWS.map(read).join('\n'));
    const shared = [...pins(text)].filter(([name]) => own.has(name));
    expect(shared.map(([name]) => name).toSorted()).toEqual(['actions/checkout', 'actions/setup-node']);
    for (const [name, pin] of shared) expect([name, pin]).toEqual([name, own.get(name)]);
  });

  test('gives each job what it needs, and no secret', () => {
    expect(plan.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(comment.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    expect(apply.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(text).not.toMatch(/secrets\.|pull_request_target|secrets: inherit/);
    for (const { steps } of [plan, comment, apply])
      for (const step of steps.filter(({ uses }) => uses.startsWith('actions/checkout')))
        expect(step.with['persist-credentials']).toBe(false);
  });

  test('plans for branches of the repository itself, and applies on main alone, after approval, what was planned', () => {
    expect(plan.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(apply).toMatchObject({ needs: 'plan', environment: 'fleet' });
    expect(apply.if).toBe("github.event_name == 'push' && needs.plan.outputs.changes == 'true'");
    expect(example.on).toMatchObject({ push: { branches: ['main'] } });
    const [planned, applied] = [plan, apply].map(({ steps }) => steps.find(({ uses }) => uses in ACTIONS)?.with);
    expect(planned?.['plan-file']).toBe(applied?.['file']);
  });

  test('ends the waiting of crctl before the job, so that its last words are read', () => {
    const { timeout } = z.object({ timeout: z.string() }).parse(apply.steps.at(-1)?.with);
    expect(timeout).toMatch(/^\d+h$/);
    expect(Number.parseInt(timeout, 10) * 60).toBeLessThan(apply['timeout-minutes']);
  });

  test('signs in by the token of each job itself, which is renewed for as long as it runs', () => {
    expect(text).not.toContain('azure/login');
    for (const { steps } of [plan, apply])
      expect(steps.find(({ uses }) => uses in ACTIONS)?.with).toMatchObject({
        'client-id': '${{ vars.AZURE_CLIENT_ID }}',
        'tenant-id': '${{ vars.AZURE_TENANT_ID }}',
      });
  });

  test('lets the action of main, not that of the pull request, write the comment', () => {
    const [checkout] = comment.steps;
    expect(checkout?.with['ref']).toBe('${{ github.event.pull_request.base.sha }}');
  });

  test('installs crctl from an archive of this version, never by a name of npm', () => {
    const given = [plan, apply].map(({ steps }) => steps.find(({ uses }) => uses in ACTIONS)?.with ?? {});
    for (const inputs of given) expect(inputs['package']).toBe(`.github/actions/crctl/crctl-${VERSION}.tgz`);
  });

  test('never interrupts a change of the fleet, and makes no two at once', () => {
    expect(example.concurrency).toEqual({
      group: "fleet-${{ github.event.pull_request.number || 'main' }}",
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    });
  });
});

describe('the actions', () => {
  const texts = Object.values(ACTIONS).map((folder) => read(`${folder}/action.yml`));
  const action = z.object({
    runs: z.object({
      using: z.literal('composite'),
      steps: z.array(
        z.strictObject({
          name: z.string(),
          id: z.string().optional(),
          shell: z.literal('bash'),
          env: z.record(z.string(), z.string()),
          run: z.string(),
        }),
      ),
    }),
  });

  test('pass every value by the environment: no script holds an expression', () => {
    for (const { run } of texts.flatMap((text) => action.parse(parse(text)).runs.steps)) {
      expect(run).not.toContain('${{');
      expect(run).toMatch(/^(bash|node) "\$GITHUB_ACTION_PATH\/[a-z]+\.(sh|mjs)"$/);
    }
  });

  test('have no default of what they install', () => {
    const { inputs } = z
      .object({ inputs: z.record(z.string(), z.object({ default: z.coerce.string().optional() })) })
      .parse(parse(texts[0] ?? ''));
    expect(inputs).not.toHaveProperty('version');
    expect(inputs['package']?.default).toBe('');
  });
});

test('no document, workflow or example installs crctl by its name, which is not published', () => {
  const files = globSync(
    ['*.md', 'docs/**/*.md', 'packages/*/*.md', 'packages/cli/{action,deploy}/**', 'examples/**'],
    {
      cwd: root,
      ignore: ['**/node_modules/**'],
    },
  );
  expect(files).toContain(EXAMPLE);
  const install = /npm (?:install|i|exec)[^\n`]*[ "']crctl(?:@|[\s"']|$)/m;
  expect(files.filter((file) => install.test(read(file)))).toEqual([]);
  expect(install.test('npm install --global crctl@0.2.0')).toBe(true);
});
