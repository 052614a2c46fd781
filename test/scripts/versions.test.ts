import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { AGENT_NAME } from '@connected-registry/agent/startAgent';
import { openApiDocument } from '../../src/triggers/http/openapi/document.js';

/* The version is the one in package.json. Whatever else names it must name the same. */
const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const manifest = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  engines: z.object({ node: z.string() }),
});
const manifestOf = (file: string) => manifest.parse(JSON.parse(read(file)));
const { version, engines } = manifestOf('package.json');
const workspaces = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`);
const deploy = 'packages/agent/deploy';

describe.each([...workspaces, `${deploy}/package.json`])('%s', (file) => {
  test('has the version and the Node of the project', () => {
    expect(manifestOf(file)).toMatchObject({ version, engines });
  });

  test('requires workspaces in this version', () => {
    const wanted = Object.entries(manifestOf(file).dependencies).filter(([name]) =>
      name.startsWith('@connected-registry/'),
    );
    expect(wanted).toEqual(wanted.map(([name]) => [name, version]));
  });
});

test.each(['package-lock.json', `${deploy}/package-lock.json`])('%s was written for this version', (file) => {
  const lock = z
    .object({ version: z.string(), packages: z.record(z.string(), z.object({ version: z.string().optional() })) })
    .parse(JSON.parse(read(file)));
  expect([lock.version, lock.packages['']?.version]).toEqual([version, version]);
});

test.each([
  [`${deploy}/kubernetes.yaml`, 1],
  [`${deploy}/kubernetes-job.yaml`, 1],
  [`${deploy}/iotedge.json`, 1],
  [`${deploy}/Containerfile`, 1],
])('%s names the agent in this version', (file, least) => {
  const named = [...read(file).matchAll(/connected-registry-agent:(\d+\.\d+\.\d+)/g)].map(([, found]) => found);
  expect(named.length).toBeGreaterThanOrEqual(least);
  expect(new Set(named)).toEqual(new Set([version]));
});

test('azd reports this version of the template', () => {
  expect(/^ *template: connected-registry-onboarding@(.*)$/m.exec(read('azure.yaml'))?.[1]).toBe(version);
});

test("IoT Edge's module has this version", () => {
  const ownVersions = [...read(`${deploy}/iotedge.json`).matchAll(/"version": "(\d+\.\d+\.\d+)"/g)].map(
    ([, found]) => found,
  );
  expect(ownVersions).toEqual([version]);
});

test('the agent and the OpenAPI document say this version', () => {
  expect(AGENT_NAME.split('/')[1]).toBe(version);
  expect(openApiDocument().info.version).toBe(version);
});

test('.nvmrc names the oldest Node that is supported', () => {
  expect(engines.node).toBe(`>=${read('.nvmrc').trim()}.0`);
});
