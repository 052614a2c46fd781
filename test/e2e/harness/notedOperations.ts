import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Stack } from '@connected-registry/local-stack/stack/stack';

const counted = z.object({
  principals: z.object({
    app: z.object({ arm: z.object({ operations: z.record(z.string(), z.number()) }).optional() }).optional(),
  }),
});

/** Adds what the app has asked of ARM since the last reset of the counters to what this run of Vitest has noted. */
export async function noteOperations({ controlPlane, endpoints }: Stack): Promise<void> {
  const folder = folderOfNotes();
  // A stack whose control plane was ended by its test has nothing to tell.
  const answer = await controlPlane.https(`${endpoints.azure.arm}/_control/requests`).catch(() => undefined);
  if (!answer) return;
  const { operations = {} } = counted.parse(answer.body).principals.app?.arm ?? {};
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(Object.keys(operations)));
}

/** Every kind of operation that was noted in this run of Vitest, in order. @throws when nothing was. */
export function notedOperations(): string[] {
  const folder = folderOfNotes();
  const notes = readdirSync(folder).map((file) =>
    z.array(z.string()).parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
  );
  return [...new Set(notes.flat())].toSorted();
}

/** vitest.config.ts names it, for all workers of a run. */
function folderOfNotes(): string {
  const folder = process.env['APP_OPERATIONS'];
  if (!folder) throw new Error('APP_OPERATIONS names no folder; vitest.config.ts does.');
  return folder;
}
