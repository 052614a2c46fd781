// Microsoft's own Functions host, as FUNCTIONS_HOST names it.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { onPath } from './onPath.mjs';

/** @returns {{ module: string } | { problem: string }} the module that exports startHost, or why there is none */
export function namedHost() {
  const named = process.env.FUNCTIONS_HOST;
  if (!named) return { problem: 'FUNCTIONS_HOST names no host' };
  const path = resolve(named);
  const module = existsSync(path) && statSync(path).isDirectory() ? join(path, 'host.mjs') : path;
  if (!existsSync(module)) return { problem: `there is no ${module}, which FUNCTIONS_HOST means` };
  if (!onPath('dotnet')) return { problem: 'the host that FUNCTIONS_HOST names needs dotnet on the PATH' };
  return { module };
}
