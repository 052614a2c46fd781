import { rmSync } from 'node:fs';

/** What end-to-end tests have noted (test/e2e/harness/notedOperations.ts) is of use within one run of Vitest only. */
export function teardown(): void {
  const folder = process.env['APP_OPERATIONS'];
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
