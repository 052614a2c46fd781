import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { clientToken, configuration, mailbox, repository } from '@connected-registry/azure-simulator/gateway/messages';

/**
 * The state of a connected registry after its syncs: every bound client token with its scope map's actions and password
 * hashes, the repositories inside the sync scope, and messages for child registries. A token that is not in it does not
 * exist here.
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

/** Loads the last synced state of an earlier run; undefined if there is none or it is unreadable. */
export async function loadSnapshot(file: string): Promise<Snapshot | undefined> {
  try {
    return snapshot.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Saves the state for the next start, readable only by its owner. It is written beside the old file and renamed, so it
 * is never incomplete.
 */
export async function saveSnapshot(file: string, state: Snapshot): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
  await rename(draft, file);
}
