// `node scripts/run.mjs packages/local-stack/dist/stack/main.js [flags]`: builds if needed, then runs the compiled file
// in this process. With that, and `exec` before it in package.json, a signal to `npm run` reaches it (npm signals its
// shell, and a shell that waits for a child passes nothing on), and its exit code is npm's.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfNeeded } from './build.mjs';

const [file, ...flags] = process.argv.slice(2);
if (file === undefined) {
  console.error('Usage: node scripts/run.mjs COMPILED_FILE [flags]');
  process.exitCode = 2;
} else if (buildIfNeeded(file)) {
  const path = resolve(file);
  process.argv = [process.execPath, path, ...flags];
  await import(pathToFileURL(path).href);
} else {
  console.error('The build failed; nothing was started.');
  process.exitCode = 1;
}
