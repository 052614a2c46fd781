// `npm run metrics`: sizes of files and folders, circles of imports, hops from a request to ARM, and long comments.
import { posix } from 'node:path';
import { messageOf } from './command/errors.mjs';
import { readFlags } from './command/flags.mjs';
import { brokenLinks, chainOf, DOCUMENT } from './metrics/chain.mjs';
import { longComments, MAX_COLUMNS } from './metrics/comments.mjs';
import { circlesOf, importsOf, isCode } from './metrics/imports.mjs';
import { listFiles, readFiles } from './metrics/tree.mjs';

/** Bounds; the exit code is 1 when one is broken. */
const MAX_FILES = 25;
const MAX_HOPS = 10;

/**
 * Folders that may hold more files: each holds records, of which there is one more with every decision or recording.
 */
const EXEMPT = [
  /^docs\/decisions$/,
  /^(?:test|packages\/[^/]+\/test)\/(?:.*\/)?(?:data|cases|recordings|trials|snapshots)(?:\/|$)/,
];

/** The size of no file. @type {Size} */
const NO_FILE = { path: '', bytes: 0, lines: 0 };

const HELP = `
Measures how easily the code is read: for src, each workspace, the scripts and the tests the number of files and lines,
the median and the largest file, the folder with the most files, and circles of imports (types included); then the hops,
from file to file, between the route POST /api/onboardings and the call of Azure Resource Manager.
Hops from function to function need a run: test/src/requestToArm.test.ts counts them in the stacks of one.

  npm run metrics                    measures the working tree
  npm run metrics -- --at REV        measures another revision, to compare before and after
  npm run metrics -- --json          prints the numbers as JSON

Exit code 1 when a bound is broken: ${MAX_FILES} files in a folder, no circle of imports, ${MAX_HOPS} hops, comments of ${MAX_COLUMNS} columns.
Exit code 2 when the arguments are wrong or the revision cannot be read.`;

const { values } = readFlags(HELP, { options: { at: { type: 'string' }, json: { type: 'boolean', default: false } } });

/**
 * @typedef {{ path: string, bytes: number, lines: number }} Size of a file
 * @typedef {{ path: string, files: number }} Folder and how many files it holds itself
 * @typedef {{ files: string[], count: number | null, broken: string[] }} Hops from the route to ARM; null if a file is
 * missing
 * @typedef {ReturnType<typeof measureGroup>} Group
 */

let measured;
try {
  measured = measure(values.at);
} catch (error) {
  console.error(
    `The files cannot be read: ${(error instanceof Error && 'stderr' in error ? String(error.stderr) : messageOf(error)).trim()}`,
  );
  process.exit(2);
}
if (values.json) console.log(JSON.stringify(measured, undefined, 2));
else print(measured);
if (measured.broken.length > 0) process.exitCode = 1;

/** @param {string | undefined} revision */
function measure(revision) {
  const all = listFiles(revision);
  const wanted = all.filter((path) => groupOf(path) !== undefined && isCode(path));
  const manifests = all.filter((path) => /^packages\/[^/]+\/package\.json$/.test(path) || path === DOCUMENT);
  const contents = readFiles(revision, [...wanted, ...manifests]);
  const code = new Map([...contents].filter(([path]) => isCode(path)));
  const graph = importsOf(contents);
  const circles = circlesOf(graph);
  const names = [...new Set(wanted.flatMap((path) => groupOf(path) ?? []))].toSorted(byGroup);
  const groups = names.map((name) => measureGroup(name, all, wanted, contents, circles));
  const chain = chainOf(contents.get(DOCUMENT)?.toString('utf8') ?? '');
  const isThere = chain.every((path) => graph.has(path));
  const hops = { files: chain, count: isThere ? chain.length - 1 : null, broken: brokenLinks(chain, graph) };
  return {
    revision: revision ?? 'working tree',
    groups,
    circles,
    hops,
    exempt: exemptFolders(all),
    broken: [
      ...brokenBounds(groups, circles, hops),
      ...longComments(code).map((place) => `${place} is a comment of more than ${MAX_COLUMNS} columns.`),
    ],
  };
}

/**
 * The row that a file counts in; undefined for files of none, such as settings of tools.
 *
 * @param {string} path
 */
function groupOf(path) {
  const parts = path.split('/');
  const [first = ''] = parts;
  if (parts.length < 2 || path.startsWith('.')) return undefined;
  if (first === 'packages') return parts.length > 3 ? parts.slice(0, 3).join('/') : undefined;
  return ['docs', 'infra', 'examples'].includes(first) ? undefined : first;
}

/**
 * @param {string} left
 * @param {string} right
 */
function byGroup(left, right) {
  /** @param {string} name */
  const rank = (name) => (name === 'src' ? 0 : name === 'test' ? 2 : 1);
  return rank(left) - rank(right) || left.localeCompare(right);
}

/**
 * @param {string} name
 * @param {readonly string[]} all
 * @param {readonly string[]} wanted
 * @param {Map<string, Buffer>} contents
 * @param {readonly string[][]} circles
 */
function measureGroup(name, all, wanted, contents, circles) {
  const files = wanted
    .filter((path) => groupOf(path) === name)
    .map((path) => {
      const content = contents.get(path) ?? Buffer.alloc(0);
      return { path, bytes: content.length, lines: content.toString('utf8').split('\n').length - 1 };
    })
    .toSorted((left, right) => left.bytes - right.bytes);
  const folders = foldersOf(all.filter((path) => groupOf(path) === name))
    .filter(({ path }) => !isExempt(path))
    .toSorted((left, right) => right.files - left.files);
  return {
    name,
    files: files.length,
    lines: files.reduce((sum, { lines }) => sum + lines, 0),
    median: files[Math.floor((files.length - 1) / 2)] ?? NO_FILE,
    largest: files.at(-1) ?? NO_FILE,
    largestFolder: folders[0],
    crowded: folders.filter((folder) => folder.files > MAX_FILES),
    circles: circles.filter(([first = '']) => groupOf(first) === name).length,
  };
}

/** @param {string} folder */
function isExempt(folder) {
  return EXEMPT.some((pattern) => pattern.test(folder));
}

/** @param {readonly string[]} all */
function exemptFolders(all) {
  return foldersOf(all).filter(({ path, files }) => files > MAX_FILES && isExempt(path));
}

/**
 * How many files each folder holds itself.
 *
 * @param {readonly string[]} paths
 * @returns {Folder[]}
 */
function foldersOf(paths) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts].map(([path, files]) => ({ path, files }));
}

/**
 * @param {readonly Group[]} groups
 * @param {readonly string[][]} circles
 * @param {Hops} hops
 */
function brokenBounds(groups, circles, hops) {
  return [
    ...groups.flatMap(({ crowded }) =>
      crowded.map(({ path, files }) => `${path} has ${files} files; at most ${MAX_FILES} are allowed.`),
    ),
    ...circles.map((files) => `These files import each other in a circle: ${files.join(', ')}.`),
    ...(hops.count !== null && hops.count > MAX_HOPS
      ? [`${hops.count} hops lead to ARM; at most ${MAX_HOPS} are allowed.`]
      : []),
    ...hops.broken,
  ];
}

/** @param {ReturnType<typeof measure>} measured */
function print({ revision, groups, hops, exempt, broken }) {
  /** @param {Size} file */
  const size = ({ bytes, lines, path }) => `${(bytes / 1000).toFixed(1)} KB, ${lines} lines: ${path}`;
  const rows = groups.map((group) => [
    group.name,
    String(group.files),
    String(group.lines),
    `${(group.median.bytes / 1000).toFixed(1)} KB, ${group.median.lines} lines`,
    `${(group.largest.bytes / 1000).toFixed(1)} KB, ${group.largest.lines} lines`,
    group.largestFolder ? String(group.largestFolder.files) : '-',
    String(group.circles),
  ]);
  const heads = ['', 'files', 'lines', 'median file', 'largest file', 'largest folder', 'circles'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  /** @param {readonly string[]} cells */
  const line = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  console.log([`Revision: ${revision}`, '', line(heads), ...rows.map(line), ''].join('\n'));
  for (const { name, largest, largestFolder } of groups) {
    console.log(`${name}: largest file ${size(largest)}`);
    if (largestFolder) console.log(`${name}: largest folder ${largestFolder.path}, ${largestFolder.files} files`);
  }
  for (const { path, files } of exempt) console.log(`Exempt, since it holds records: ${path}, ${files} files`);
  console.log(`\nHops from POST /api/onboardings to ARM: ${hops.count ?? 'unknown'}`);
  for (const [nth, path] of hops.files.entries()) console.log(`  ${nth} ${path}`);
  for (const text of broken) console.log(`\nBroken: ${text}`);
}
