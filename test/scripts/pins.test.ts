import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const deploy = readdirSync(join(root, 'packages/agent/deploy'));

test('every base image is an exact version with its digest', () => {
  const bases = deploy
    .filter((name) => /containerfile|dockerfile/i.test(name))
    .flatMap((name) =>
      [...read(join('packages/agent/deploy', name)).matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base),
    );
  expect(bases.length).toBeGreaterThan(0);
  for (const base of bases) expect(base).toMatch(/^[\w./-]+:\d+\.\d+\.\d+-[\w.-]+@sha256:[0-9a-f]{64}$/);
});

/** Images of our own have no digest before somebody has pushed them; IoT Edge's own are its release's (decision 35). */
const BY_TAG = [
  /^ghcr\.io\/contoso\/connected-registry-agent:\d+\.\d+\.\d+$/,
  /^mcr\.microsoft\.com\/azureiotedge-(agent|hub):\d+\.\d+$/,
];

test('every other image has a digest, or is listed in the record with a reason', () => {
  const images = deploy.flatMap((name) =>
    [...read(join('packages/agent/deploy', name)).matchAll(/^\s*"?image"?: "?([^\s",]+)/gm)].map(
      ([, image = '']) => image,
    ),
  );
  expect(images.length).toBeGreaterThan(3);
  for (const image of images.filter((one) => !/@sha256:[0-9a-f]{64}$/.test(one)))
    expect(
      BY_TAG.some((form) => form.test(image)),
      image,
    ).toBe(true);
});

test('every global installation of a workflow has an exact version', () => {
  const installed = readdirSync(join(root, '.github/workflows')).flatMap((name) =>
    [...read(join('.github/workflows', name)).matchAll(/npm (?:install|i) (?:--global|-g) (.+)/g)].flatMap(
      ([, list = '']) => list.trim().split(/\s+/),
    ),
  );
  expect(installed.length).toBeGreaterThan(0);
  for (const one of installed) expect(one).toMatch(/^(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+$/);
});

test('no installed package requires a newer Node than the project', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { engines?: { node?: string } }> };
  const newer = Object.entries(lock.packages).filter(([, { engines }]) => {
    const choices = (engines?.node ?? '>=0').split('||').map((choice) => /(\d+)/.exec(choice)?.[1]);
    return choices.every((least) => Number(least ?? 0) > 20);
  });
  expect(newer.map(([name]) => name)).toEqual([]);
});
