/** Finds the line in an app's code that a warning is about. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const codeFile = /\.[cm]?js$/;
const maxFiles = 2000;

/**
 * Returns `file:line` of the place where an orchestrator or entity uses a name or, without a name, where it is
 * registered; undefined if the code does not contain the name as a literal.
 */
export type CodeFinder = (functionName: string, uses?: string) => Promise<string | undefined>;

/** Searches the app's own files, without its packages. Each place is searched once and cached. */
export function codeFinder(appDir: string | undefined): CodeFinder {
  const found = new Map<string, Promise<string | undefined>>();
  return (functionName, uses) => {
    if (appDir === undefined) return Promise.resolve(undefined);
    const key = JSON.stringify([functionName, uses]);
    const known = found.get(key) ?? search(appDir, functionName, uses).catch(() => undefined);
    found.set(key, known);
    return known;
  };
}

interface Place {
  readonly file: string;
  readonly line: number;
  /** A higher score is a likelier place. */
  readonly score: number;
}

/** The code before a name that is called or waited for, and before one that is registered. */
const use = /(call\w*|waitForExternalEvent|EntityId)\s*\(\s*$/i;
const registration = /(orchestration|entity)\s*\(\s*$/i;

async function search(appDir: string, functionName: string, uses: string | undefined): Promise<string | undefined> {
  let best: Place | undefined;
  for (const file of await codeFiles(appDir)) {
    const text = await readFile(file, 'utf8');
    const home = bestOf(file, text, functionName, (before) => (registration.test(before) ? 2 : 1));
    const isBehindHome = (index: number): boolean => home !== undefined && index >= home.index;
    const place =
      uses === undefined
        ? home
        : bestOf(file, text, uses, (before, index) => (use.test(before) ? 2 : 1) + (isBehindHome(index) ? 2 : 0));
    if (place !== undefined && place.score > (best?.score ?? 0)) best = place;
  }
  return best === undefined ? undefined : `${path.relative(appDir, best.file)}:${best.line}`;
}

/** The likeliest place in a file that contains a name, ignoring case; the first of equals. */
function bestOf(
  file: string,
  text: string,
  name: string,
  score: (before: string, index: number) => number,
): (Place & { index: number }) | undefined {
  const quoted = new RegExp(`(['"\`])${name.replace(/\W/g, '\\$&')}\\1`, 'gi');
  let best: { score: number; index: number } | undefined;
  for (const { index } of text.matchAll(quoted)) {
    const found = { score: score(text.slice(Math.max(0, index - 60), index), index), index };
    if (best === undefined || found.score > best.score) best = found;
  }
  return best === undefined ? undefined : { file, line: text.slice(0, best.index).split('\n').length, ...best };
}

async function codeFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [folder];
  while (folders.length > 0 && files.length < maxFiles) {
    const next = folders.shift() ?? '';
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
        folders.push(path.join(next, entry.name));
      else if (entry.isFile() && codeFile.test(entry.name)) files.push(path.join(next, entry.name));
    }
  }
  return files.sort();
}
