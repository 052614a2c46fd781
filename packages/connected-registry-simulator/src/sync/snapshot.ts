import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { clientToken, configuration, mailbox, repository } from '@connected-registry/azure-simulator/gateway/messages';

/**
 * What a connected registry knows after its syncs: every client token bound to it with its scope map's actions and
 * password hashes, the repositories inside the sync scope, and what waits for the connected registries below it. A token
 * that is not in it does not exist here.
 */
export const snapshot = z.object({
  generation: z.string(),
  connectedRegistry: configuration,
  tokens: z.array(clientToken),
  repositories: z.array(repository),
  scopes: z.array(z.array(z.string())).default([]),
  children: z.array(mailbox).default([]),
});
export type Snapshot = z.infer<typeof snapshot>;

/** The last synced state of an earlier run, or undefined when there is none that can be read. */
export async function loadSnapshot(file: string): Promise<Snapshot | undefined> {
  try {
    return snapshot.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Keeps the state for the next start, readable by the owner only; written beside and renamed, so never half a file. */
export async function saveSnapshot(file: string, state: Snapshot): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
  await rename(draft, file);
}
