import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { codeIn, documentTable } from './shared/documentTable.js';

/** What a folder of the app or a workspace may import, as docs/architecture.md says it. */
export interface Wall {
  /** Path from the root: `src/domain`, `src/index.ts`, `packages/clock`, `src` or `test`. */
  readonly place: string;
  /**
   * Folders of the app (`domain`), workspaces (`protocol`), folders of workspaces (`clock/schedules`), `types of` a
   * folder.
   */
  readonly allowed: readonly string[];
  /** Packages and Node modules (`zod`, `node:crypto`). Empty for workspaces: their package.json names them. */
  readonly packages: readonly string[];
}

const listIn = (cell: string | undefined): string[] =>
  (cell ?? '').split(',').flatMap((item) => (/^\s*(?:nothing|none)\s*$/.test(item) ? [] : [item.trim()]));

/** Workspaces by the names of their folders. */
export const workspaceNames: readonly string[] = readdirSync(join(projectRoot(), 'packages')).sort();

/** Rows of "Workspaces". */
export const workspaceWalls: readonly Wall[] = documentTable('docs/architecture.md', 'Workspaces').map((row) => ({
  place: codeIn(row.package ?? '')[0] ?? '',
  allowed: listIn(row['may import from this repository']),
  packages: [],
}));

/** Rows of "Folders of the app". */
export const folderWalls: readonly Wall[] = documentTable('docs/architecture.md', 'Folders of the app').map((row) => ({
  place: codeIn(row.folder ?? '')[0] ?? '',
  allowed: listIn(row['may import']),
  packages: codeIn(row['packages and Node modules'] ?? ''),
}));

/** How names of workspaces begin. */
export const SCOPE = '@connected-registry/';

/** A package.json. @param folder from the root; empty for the app's */
export const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(projectRoot(), folder, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };

/** Packages that a workspace's package.json names. */
export const dependenciesOf = (place: string): string[] =>
  Object.keys(manifestOf(place).dependencies).filter((name) => !name.startsWith(SCOPE));

/** Folders that no import leads into from outside: other sources, what is compiled, and tests. */
const ELSEWHERE = ['src', 'packages', 'test', 'dist', 'node_modules', 'scripts', 'infra'];
const isNeighbor = (name: string): boolean => workspaceNames.includes(name.split('/')[0] ?? '');
const nameOf = ({ place }: Wall): string => place.replace(/^.*\//, '');

/**
 * Patterns for `no-restricted-imports`. The last one that matches a name decides: everything is refused, paths are
 * allowed, some paths are refused again, and packages are allowed by name.
 */
export function lintPatterns(wall: Wall, packages: readonly string[]): string[] {
  const isOfApp = wall.place.startsWith('src');
  const others = isOfApp
    ? folderWalls.map(nameOf).filter((name) => name !== nameOf(wall))
    : workspaceNames.filter((name) => `packages/${name}` !== wall.place);
  const known = wall.allowed.map((name) => name.replace(/^types of /, ''));
  const refused = others.filter((name) => !isOfApp || !known.includes(name));
  const folders = [...ELSEWHERE, ...refused].map((name) =>
    name.endsWith('.ts') ? `**/${name.replace(/\.ts$/, '.js')}` : `**/${name}/**`,
  );
  const named = [...wall.allowed.filter(isNeighbor).map((name) => `${SCOPE}${name}`), ...packages];
  return ['**', '!./**', '!../**', ...folders, ...named.flatMap((name) => [`!${name}`, `!${name}/**`])];
}
