import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from '../../src/program/run.js';
import { RUNNING } from './answers.js';
import { fakeWorld, type FakeApp, type WorldOptions } from './fakeWorld.js';

/** The client of most tests, and how requests and answers name it. */
export const CLIENT = 'myregistry/plant7registry/press-1';
export const REFERENCE = { registry: 'myregistry', connectedRegistry: 'plant7registry', client: 'press-1' };
export const started = (status = 'running') => ({ operations: [{ ...REFERENCE, id: RUNNING.id, status }] });

/** Runs one command line in a new world. @param files to be in its folder, by name */
export async function runCrctl(
  argv: readonly string[],
  app: FakeApp,
  options?: WorldOptions,
  files: Record<string, string> = {},
) {
  const world = fakeWorld(app, options);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(world.cwd, name), text);
  const code = await run(argv, world);
  return { code, out: world.out(), err: world.err(), world };
}

/** The body of the only request. */
export async function sent(
  argv: readonly string[],
  answer: unknown,
  options?: WorldOptions,
  files?: Record<string, string>,
) {
  const { world, err } = await runCrctl(argv, () => ({ json: answer }), options, files);
  expect(world.requests.length, err).toBe(1);
  const [request] = world.requests;
  const isJson = request?.headers.get('content-type') === 'application/json';
  const body: unknown = isJson ? JSON.parse(request?.body ?? '') : request?.body;
  return { body, path: request?.path };
}
