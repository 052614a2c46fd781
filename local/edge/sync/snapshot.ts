import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const password = z.object({
  name: z.string(),
  salt: z.string(),
  hash: z.string(),
  expiry: z.iso
    .datetime({ offset: true })
    .nullish()
    .transform((value) => value ?? undefined),
});

const clientToken = z.object({
  name: z.string(),
  enabled: z.boolean(),
  actions: z.array(z.string()),
  passwords: z.array(password),
});
export type ClientToken = z.infer<typeof clientToken>;

/**
 * What one sync brings down: every client token bound to this connected registry with its scope map's actions and password
 * hashes, and the repositories inside the sync scope. A token that is not in it does not exist here.
 */
export const snapshot = z.object({
  generation: z.string(),
  connectedRegistry: z.object({
    name: z.string(),
    mode: z.string(),
    schedule: z.string().nullish(),
    status: z.string().nullish(),
  }),
  tokens: z.array(clientToken),
  repositories: z.array(z.object({ name: z.string(), tags: z.array(z.string()) })),
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
