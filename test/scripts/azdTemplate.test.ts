import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/*
 * What the gallery of azd templates asks, by the rules of its own validation. Source:
 * microsoft/template-validation-action, src/rules.json (April 2026), which `azd up` and `azd down` on a subscription
 * and the repository's topics complete.
 */
const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const PAGES = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CODE_OF_CONDUCT.md'];

test.each([
  ...PAGES,
  'LICENSE',
  'azure.yaml',
  'infra/main.bicep',
  'docs/architecture.svg',
  '.devcontainer/devcontainer.json',
  '.github/workflows/azure-dev.yml',
])('%s exists', (file) => {
  expect(read(file).trim()).not.toBe('');
});

test('the issue templates have a name and a description', () => {
  const folder = join(root, '.github/ISSUE_TEMPLATE');
  const templates = readdirSync(folder);
  expect(templates.length).toBeGreaterThan(1);
  for (const name of templates) {
    const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(readFileSync(join(folder, name), 'utf8')) ?? [];
    expect(Object.keys(z.record(z.string(), z.string()).parse(parse(front)))).toEqual(['name', 'about', 'labels']);
  }
});

test.each(['## Features', '## Getting started', '## Guidance', '## Resources'])('the README has "%s"', (heading) => {
  expect(read('README.md').split('\n')).toContain(heading);
});

test('the getting started part has prerequisites and a quickstart, and the guidance has costs, regions and security', () => {
  const part = (heading: string): string => read('README.md').split(`\n${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  expect(part('## Getting started')).toMatch(/\*\*Prerequisites\*\*[^]*\*\*Quickstart\*\*[^]*azd up/);
  expect(part('## Guidance')).toMatch(/\*\*Costs\.\*\*[^]*\*\*Regions\.\*\*[^]*\*\*Security\.\*\*/);
});

test('the README shows the architecture as a picture', () => {
  expect(read('README.md')).toMatch(/!\[[^\]]{20,}\]\(docs\/architecture\.svg\)/);
});

test("the template's instructions come after the README's introduction", () => {
  const headings = [...read('README.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings.slice(0, 2)).toEqual(['Sixty seconds', 'How it works']);
});

test.each(PAGES)('%s links only to existing files and headings', (page) => {
  for (const [, file = '', anchor] of read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)) {
    const target = file === '' ? page : file;
    expect(existsSync(resolve(root, dirname(page), target)), target).toBe(true);
    if (anchor === undefined) continue;
    const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors, `${target}#${anchor}`).toContain(anchor);
  }
});

describe('what may be chosen for a deployment', () => {
  /** What the template reads, except for what the preprovision hook finds out in each run. */
  const choices = [
    ...new Set([...read('infra/main.parameters.json').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)),
  ]
    .filter((name) => name !== 'RECOVER_VAULT')
    .toSorted();
  /** azd sets these by itself, for every template. */
  const known = ['AZURE_ENV_NAME', 'AZURE_LOCATION'];
  const own = choices.filter((name) => !known.includes(name));

  test('azd copies to the variables of a pipeline', () => {
    const { pipeline } = z
      .object({ pipeline: z.object({ variables: z.array(z.string()) }) })
      .parse(parse(read('azure.yaml')));
    expect(own.length).toBeGreaterThan(10);
    expect(pipeline.variables.toSorted()).toEqual(own);
  });

  test('the workflow gives to azd, each by its own name', () => {
    const passed = [...read('.github/workflows/azure-dev.yml').matchAll(/^ +(\w+): \$\{\{ vars\.(\w+) \}\}$/gm)];
    for (const [, name, variable] of passed) expect(variable).toBe(name);
    const signIn = ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_SUBSCRIPTION_ID'];
    expect(
      passed
        .map(([, name = '']) => name)
        .filter((name) => !signIn.includes(name))
        .toSorted(),
    ).toEqual(choices);
  });

  test('docs/deploy.md explains', () => {
    const part = read('docs/deploy.md').split('\n## Choices\n')[1]?.split('\n## ')[0] ?? '';
    const explained = [...part.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    expect(explained.toSorted()).toEqual(own);
  });
});

describe('one version of each tool', () => {
  const azure = z
    .object({
      name: z.string(),
      metadata: z.object({ template: z.string() }),
      requiredVersions: z.object({ azd: z.string() }),
    })
    .parse(parse(read('azure.yaml')));
  const { name, version, engines } = z
    .object({ name: z.string(), version: z.string(), engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(read('package.json')));
  const workflow = read('.github/workflows/azure-dev.yml');
  const container = z
    .object({
      image: z.string(),
      features: z.record(z.string(), z.unknown()),
      postCreateCommand: z.string(),
    })
    .parse(JSON.parse(read('.devcontainer/devcontainer.json')));
  /** The runtime of the deployed app. */
  const deployed = /runtime: \{[^}]*version: '(\d+)'/s.exec(read('infra/modules/functionApp.bicep'))?.[1];

  test('the template has the name and version of the package', () => {
    expect(azure.name).toBe(name);
    expect(azure.metadata.template).toBe(`${name}@${version}`);
  });

  test('dev container and workflow have the deployed Node, which the package allows', () => {
    expect(deployed).toBeDefined();
    expect(/javascript-node:(\d+)/.exec(container.image)?.[1]).toBe(deployed);
    expect(/node-version: (\d+)/.exec(workflow)?.[1]).toBe(deployed);
    expect(Number(deployed)).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]));
  });

  test('the dev container has azd and the Azure CLI, which the hooks use, and the packages', () => {
    expect(Object.keys(container.features).map((feature) => /([\w-]+):/.exec(feature)?.[1])).toEqual([
      'azure-cli',
      'azd',
    ]);
    expect(container.postCreateCommand).toBe('npm ci');
  });

  test('the workflow has the azd that azure.yaml requires', () => {
    expect(`>= ${/setup-azd@[^\n]*\n +with:\n +version: (\S+)/.exec(workflow)?.[1]}`).toBe(azure.requiredVersions.azd);
  });
});
