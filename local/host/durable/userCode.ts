/** Finds where an app's code names something, so that a warning can say which line it is about. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const codeFile = /\.[cm]?js$/;
const mostFiles = 2000;

/** Answers `file:line` of the first place that quotes a name; undefined when there is none. */
export type CodeFinder = (name: string) => Promise<string | undefined>;

/** Searches the app's own files, not its packages. Answers are kept: each name is looked for once. */
export function codeFinder(appDir: string | undefined): CodeFinder {
  const found = new Map<string, Promise<string | undefined>>();
  return (name) => {
    if (appDir === undefined || name === '') return Promise.resolve(undefined);
    const known = found.get(name) ?? search(appDir, name).catch(() => undefined);
    found.set(name, known);
    return known;
  };
}

async function search(appDir: string, name: string): Promise<string | undefined> {
  const quoted = [`'${name}'`, `"${name}"`, `\`${name}\``];
  for (const file of await codeFiles(appDir)) {
    const text = await readFile(file, 'utf8');
    const at = quoted.map((one) => text.indexOf(one)).filter((index) => index >= 0);
    if (at.length === 0) continue;
    const line = text.slice(0, Math.min(...at)).split('\n').length;
    return `${path.relative(appDir, file)}:${line}`;
  }
  return undefined;
}

async function codeFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [folder];
  while (folders.length > 0 && files.length < mostFiles) {
    const next = folders.shift() ?? '';
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
        folders.push(path.join(next, entry.name));
      else if (entry.isFile() && codeFile.test(entry.name)) files.push(path.join(next, entry.name));
    }
  }
  return files.sort();
}
