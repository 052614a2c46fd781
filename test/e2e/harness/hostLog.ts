import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestStack } from './testStack.js';

/** What the app's host has logged, on either host: the files have other names there. */
export function hostLog(it: TestStack): string {
  const folder = join(it.stack.ground.dataFolder, 'host');
  return readdirSync(folder)
    .filter((name) => name === 'log' || name.endsWith('.log'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}
