// What is deployed, as Azure lays it out: made again and unpacked from the zip, not copied from what the zip was made
// of.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @returns {string} the folder, `package/unpacked` @throws when it cannot be packaged */
export function unpack() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'package.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The app could not be packaged.');
  const folder = join(root, 'package', 'unpacked');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(join(root, 'package', 'app.zip'))))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
