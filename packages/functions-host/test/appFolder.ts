import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** A Functions app of its own in a temporary folder, which finds this project's packages. */
export interface AppFolder {
  readonly appDir: string;
  readonly dataDir: string;
  remove(): Promise<void>;
}

/** `files` by path; host.json and package.json (main: index.cjs) are made unless given. */
export async function makeApp(files: Record<string, string>): Promise<AppFolder> {
  const root = await mkdtemp(path.join(tmpdir(), 'host-app-'));
  const appDir = path.join(root, 'app');
  const all = {
    'host.json': '{"version": "2.0"}',
    'package.json': '{"name": "test-app", "main": "index.cjs"}',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    const file = path.join(appDir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await symlink(packages, path.join(appDir, 'node_modules'));
  return {
    appDir,
    dataDir: path.join(root, 'data'),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}
