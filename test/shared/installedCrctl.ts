import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const execute = promisify(execFile);

/** `crctl` as somebody has it who has installed what is published. */
export interface InstalledCrctl {
  /** The program, which a shell finds by the name `crctl` in this file's folder. */
  readonly program: string;
  /** The installed package. */
  readonly folder: string;
  /** Names of all packages that the installation brought. */
  readonly packages: readonly string[];
}

/** Packs `crctl` into a folder. @returns the archive, as `npm publish` takes it */
export async function packCrctl(folder: string): Promise<string> {
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle, { recursive: true });
  await execute(process.execPath, [join(projectRoot(), 'packages/cli/deploy/bundle.mjs'), bundle]);
  const packed = await execute('npm', ['pack', bundle, '--silent'], { cwd: folder, env: npmEnvironment(folder) });
  return join(folder, packed.stdout.trim());
}

/** npm without the settings and the cache of whoever runs the tests. */
function npmEnvironment(folder: string) {
  return { PATH: process.env['PATH'], HOME: folder, npm_config_update_notifier: 'false' };
}

/**
 * Packs `crctl`, and installs the archive without a registry and without optional packages: what it needs, it has to
 * bring.
 * @param folder an empty one, outside of the repository, whose packages the program would find
 */
export async function installCrctl(folder: string): Promise<InstalledCrctl> {
  const archive = await packCrctl(folder);
  const env = npmEnvironment(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  await execute(
    'npm',
    ['install', '--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', archive],
    { cwd: folder, env },
  );
  const { stdout: tree } = await execute('npm', ['ls', '--all', '--parseable', '--long'], { cwd: folder, env });
  const installed = join(folder, 'node_modules', 'crctl');
  return {
    program: join(folder, 'node_modules', '.bin', 'crctl'),
    folder: installed,
    // The first line is the folder itself.
    packages: tree
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(':')[1] ?? ''),
  };
}
