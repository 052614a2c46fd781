// The files of a revision, or of the working tree, as `metrics.mjs` measures them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { byName } from './imports.mjs';

const MAX_OUTPUT = 1 << 30;

/**
 * @param {readonly string[]} args
 * @param {string} [input]
 */
function git(args, input) {
  return execFileSync('git', args, {
    maxBuffer: MAX_OUTPUT,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input ? { input } : {}),
  });
}

/**
 * Lists the files of the repository in the current folder.
 *
 * @param {string | undefined} revision a revision of Git; undefined for the working tree without ignored files.
 * @returns {string[]} paths relative to the current folder, with forward slashes.
 * @throws {Error} when the revision does not exist, or the folder is in no repository.
 */
export function listFiles(revision) {
  const args =
    revision === undefined
      ? ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
      : ['ls-tree', '-r', '-z', '--name-only', '--end-of-options', revision];
  const paths = [...new Set(git(args).toString('utf8').split('\0').filter(Boolean))];
  return (revision === undefined ? paths.filter((path) => existsSync(path)) : paths).toSorted(byName);
}

/**
 * Reads files of a revision or of the working tree.
 *
 * @param {string | undefined} revision as for {@link listFiles}.
 * @param {string[]} paths
 * @returns {Map<string, Buffer>} the contents by path.
 */
export function readFiles(revision, paths) {
  if (revision === undefined) return new Map(paths.map((path) => [path, readFileSync(path)]));
  const found = git(['cat-file', '--batch'], paths.map((path) => `${revision}:${path}\n`).join(''));
  const contents = new Map();
  let at = 0;
  // Each answer is `{hash} blob {bytes}`, a line feed, the content and another line feed.
  for (const path of paths) {
    const end = found.indexOf(10, at);
    const size = Number(found.toString('utf8', at, end).split(' ')[2]);
    contents.set(path, found.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}
