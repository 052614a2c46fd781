import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/program/run.js';
import { fakeWorld, type WorldOptions } from '../fakes/fakeWorld.js';
import type { FleetApp } from '../fakes/fleetApp.js';

export const REGISTRY = 'myregistry';

/** A folder with files, in which `crctl` runs against an app. */
export function fleetFolder(
  app: Pick<FleetApp, 'answer'>,
  files: Readonly<Record<string, string>> = {},
  options?: WorldOptions,
) {
  const world = fakeWorld((request) => app.answer(request), options);
  const put = (name: string, text: string): void => writeFileSync(join(world.cwd, name), text);
  for (const [name, text] of Object.entries(files)) put(name, text);
  return {
    world,
    put,
    crctl: async (...argv: readonly string[]) => {
      const [out, err, sent] = [world.out().length, world.err().length, world.requests.length];
      const code = await run(argv, world);
      return { code, out: world.out().slice(out), err: world.err().slice(err), requests: world.requests.slice(sent) };
    },
  };
}

/** The text of a fleet file. JSON is YAML. */
export function fleetText(connectedRegistries: object, more: object = {}): string {
  return JSON.stringify({
    apiVersion: 'connected-registry-onboarding/v1',
    kind: 'Fleet',
    defaults: { registry: REGISTRY, repositories: ['hello-world'] },
    connectedRegistries,
    ...more,
  });
}
