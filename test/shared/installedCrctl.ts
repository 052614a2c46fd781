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

/**
 * Packs `crctl`, and installs the archive without a registry and without optional packages: what it needs, it has to bring.
 * @param folder an empty one, outside of the repository, whose packages the program would find
 */
export async function installCrctl(folder: string): Promise<InstalledCrctl> {
  const [bundle, home] = [join(folder, 'bundle'), join(folder, 'home')];
  for (const path of [bundle, home]) mkdirSync(path, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const env = { PATH: process.env['PATH'], HOME: home, npm_config_update_notifier: 'false' };
  await execute(process.execPath, [join(projectRoot(), 'packages/cli/deploy/bundle.mjs'), bundle]);
  const { stdout: archive } = await execute('npm', ['pack', bundle, '--silent'], { cwd: folder, env });
  await execute(
    'npm',
    ['install', '--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', `./${archive.trim()}`],
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
