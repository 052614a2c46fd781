// Where the Bicep CLI is: BICEP_CLI, `bicep` on the PATH, or NuGet's package, restored into node_modules/.cache where
// dotnet is. `node scripts/infra/bicep.mjs` restores the package in any case and prints where the CLI is.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath } from '../command/onPath.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @returns {{ file: string } | { missing: string }} */
export function findBicep() {
  const named = process.env.BICEP_CLI;
  if (named) return existsSync(named) ? { file: named } : { missing: `there is no ${named}, which BICEP_CLI names` };
  if (onPath('bicep')) return { file: 'bicep' };
  if (!onPath('dotnet'))
    return {
      missing: 'BICEP_CLI names no Bicep CLI, bicep is not on the PATH, and there is no dotnet to restore it with',
    };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: `BICEP_CLI names no Bicep CLI, bicep is not on the PATH, and its package is for Linux on x64` };
  return restore();
}

function restore() {
  const project = join(root, 'scripts', 'infra', 'bicep.csproj');
  const version = /Version="\[(.+?)\]"/.exec(readFileSync(project, 'utf8'))?.[1] ?? '';
  const cache = join(root, 'node_modules', '.cache', 'bicep');
  const packages = join(cache, 'packages');
  const file = join(packages, 'azure.bicep.commandline.linux-x64', version, 'tools', 'bicep');
  if (existsSync(file)) return { file };
  // The restore writes beside its project.
  mkdirSync(cache, { recursive: true });
  copyFileSync(project, join(cache, 'bicep.csproj'));
  const { status } = spawnSync('dotnet', ['restore', 'bicep.csproj', '--packages', packages, '--verbosity', 'quiet'], {
    cwd: cache,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' },
  });
  return status === 0 && existsSync(file) ? { file } : { missing: 'dotnet could not restore the Bicep CLI' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const restored = restore();
  if (restored.file) console.log(restored.file);
  else {
    console.error(`${restored.missing}.`);
    process.exitCode = 1;
  }
}
