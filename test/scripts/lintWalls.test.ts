import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { dependenciesOf, folderWalls, lintPatterns, workspaceWalls, type Wall } from '../wallTables.js';

/*
 * The rules in `.oxlintrc.json` follow from the tables in docs/architecture.md, so that an editor shows what
 * walls.test.ts refuses.
 */
describe('lint', () => {
  interface Override {
    readonly files: readonly string[];
    readonly rules: Readonly<Record<string, unknown>>;
  }
  const { overrides } = JSON.parse(readFileSync(join(projectRoot(), '.oxlintrc.json'), 'utf8')) as {
    readonly overrides: readonly Override[];
  };
  const lines: (readonly [string, Wall, readonly string[]])[] = [
    ...folderWalls.map(
      (wall) => [wall.place.endsWith('.ts') ? wall.place : `${wall.place}/**`, wall, wall.packages] as const,
    ),
    ...workspaceWalls
      .filter(({ place }) => place.startsWith('packages/'))
      .map((wall) => [`${wall.place}/src/**`, wall, ['node:*', ...dependenciesOf(wall.place)]] as const),
  ];

  test.each(lines)('refuses in %s what its row does not allow', (files, wall, packages) => {
    const rules = overrides
      .filter((one) => one.files.join() === files)
      .map((one) => one.rules['no-restricted-imports']);
    const ofTypes = wall.allowed.flatMap((name) =>
      name.startsWith('types of ') ? [name.slice('types of '.length)] : [],
    );
    expect(rules).toEqual([
      [
        'error',
        {
          patterns: [
            // An allowance of a pattern ends the search, so that refusals of single folders come first.
            ...ofTypes.map((name) => ({
              regex: `/${name}/`,
              allowTypeImports: true,
              message: expect.any(String),
            })),
            { group: lintPatterns(wall, packages), message: expect.any(String) },
          ],
        },
      ],
    ]);
  });

  test.each(['src/domain/**', 'src/orchestrations/**'])('refuses clocks and the environment in %s', (files) => {
    const rules = overrides.find((one) => one.files.join() === files)?.rules ?? {};
    const named = JSON.stringify([rules['no-restricted-globals'], rules['no-restricted-properties']]);
    for (const name of ['process', 'setTimeout', 'fetch', 'performance', '"Date","property":"now"', 'random'])
      expect(named).toContain(name);
  });
});
