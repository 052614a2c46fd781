import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The processes under test are compiled ones. Type errors are `npm run verify`'s to refuse; the compiler emits anyway.
 */
export function setup(): void {
  spawnSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], { stdio: 'inherit' });
}
