import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { withReference } from '../../src/docs/page.js';

test('docs/cli.md is what `npm run cli-docs` writes', async () => {
  const file = join(projectRoot(), 'docs/cli.md');
  const text = readFileSync(file, 'utf8');
  const options = await prettier.resolveConfig(file);
  expect(await prettier.format(withReference(text), { ...options, parser: 'markdown' })).toBe(text);
});

test('a page without the line is refused', () => {
  expect(() => withReference('# crctl')).toThrow('has no line');
});
