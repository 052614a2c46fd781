import { open } from 'node:fs/promises';

/** Ensures that the names in a folder are on disk: of files that were created, and without those that were removed. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  // Not every platform can sync a folder.
  await handle.sync().catch(() => undefined);
  await handle.close();
}
