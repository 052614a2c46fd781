import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './program.js';

/** Podman with storage of its own that needs no mounts, so it works without privileges and leaves nothing behind. */
export interface PodmanStore {
  run(...args: string[]): Promise<{ ok: boolean; text: string }>;
  /** Pulls without TLS, by the credentials in a file. @param env besides this process's */
  pull(authFile: string, image: string, env?: Record<string, string>): Promise<{ ok: boolean; text: string }>;
  close(): Promise<void>;
}

/** @param folder of this store alone */
export async function startPodmanStore(folder: string): Promise<PodmanStore> {
  await mkdir(join(folder, 'runtime'), { recursive: true, mode: 0o700 });
  const policy = join(folder, 'policy.json');
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  const own = { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'runtime') };
  const run = (...args: string[]) => runProgram('podman', [...storage, ...args], own);
  return {
    run,
    pull(authFile, image, env = {}) {
      const flags = ['--tls-verify=false', '--authfile', authFile, '--signature-policy', policy];
      return runProgram('podman', [...storage, 'pull', ...flags, image], { ...own, ...env });
    },
    async close() {
      await run('rmi', '--all', '--force');
      // Without privileges podman leaves a process that holds its user namespace.
      const file = join(folder, 'runtime', 'libpod', 'tmp', 'pause.pid');
      const pid = Number(await readFile(file, 'utf8').catch(() => ''));
      if (pid > 1) process.kill(pid);
    },
  };
}
