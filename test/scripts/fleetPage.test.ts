import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { bundlePage } from '../../scripts/packaging/fleetPage.mjs';

/** Bytes that script and style may take together, compressed as they are sent. */
const LIMIT = 60_000;

test('script and style take less than 60 KB, compressed', () => {
  const { assets } = bundlePage(buildSync, projectRoot());
  const sizes = assets
    .filter(({ name }) => /\.(?:js|css)$/.test(name))
    .map(({ text }) => gzipSync(text, { level: 9 }).length);
  expect(sizes).toHaveLength(2);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LIMIT);
});

test('a name changes with the content alone', () => {
  const [one, other] = [bundlePage(buildSync, projectRoot()), bundlePage(buildSync, projectRoot())];
  expect(one).toEqual(other);
  for (const { name } of one.assets) expect(name).toMatch(/^(?:page|icon)\.[\w-]{12}\.(?:js|css|svg)$/);
  for (const { name } of one.assets) expect(one.documentText).toContain(`"ui/${name}"`);
});
