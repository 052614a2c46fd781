// Which file imports which, types included, and the circles among them.
import { posix } from 'node:path';

/** `import ... from 'x'`, `export ... from 'x'`, `import 'x'`, `import('x')`, `require('x')`, and mocks of tests. */
const IMPORT =
  /^\s*(?:import|export)\b(?<clause>[^'";]*?)from\s*['"](?<from>[^'"$]+)['"]|\b(?:import|require|vi\.(?:mock|doMock|importActual|importMock))\s*\(\s*['"`](?<called>[^'"`$]+)['"`]|^\s*import\s*['"](?<bare>[^'"]+)['"]/gm;

/** @typedef {{ from: string[], to: string[] }} Exported where an export leads, each split at its asterisk */

/**
 * Finds what a file imports, as it names it.
 *
 * @param {string} code
 * @returns {{ name: string, isType: boolean }[]} `isType`: the import brings types alone, and does not exist at run
 * time.
 */
export function namedImports(code) {
  return [...withoutComments(code).matchAll(IMPORT)].map(({ groups: { clause, from, called, bare } = {} }) => ({
    name: from ?? called ?? bare ?? '',
    isType: clause !== undefined && isOfTypes(clause),
  }));
}

/**
 * `type { A }`, or braces in which each name is marked as a type.
 *
 * @param {string} clause
 */
function isOfTypes(clause) {
  if (/^\s+type\b/.test(clause)) return true;
  const names = /^\s*\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups?.['names']?.split(',') ?? [''];
  return names.every((name) => (name.trim() === '' ? names.length > 1 : /^\s*type\s/.test(name)));
}

/**
 * Finds the imports among the given files.
 *
 * @param {Map<string, Buffer>} contents code files, and the package.json of each workspace, by path.
 * @returns {Map<string, string[]>} for each code file the files that it imports.
 */
export function importsOf(contents) {
  const exported = workspaceExports(contents);
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const [path, content] of contents) {
    if (!isCode(path)) continue;
    const targets = namedImports(content.toString('utf8')).flatMap(
      ({ name }) => resolve(name, path, contents, exported) ?? [],
    );
    graph.set(path, [...new Set(targets)]);
  }
  return graph;
}

/**
 * Orders paths by their characters, the same in every locale.
 *
 * @param {string} left
 * @param {string} right
 */
export function byName(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** @param {string} path */
export function isCode(path) {
  return /\.(?:ts|tsx|mts|cts|js|mjs|cjs)$/.test(path);
}

/**
 * A comment may quote an import; a text that looks like a comment (an address) stays.
 *
 * @param {string} text
 */
function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/**
 * Where each workspace's exports lead: `[name/answers/, packages/protocol/src/answers/, .ts]`.
 *
 * @param {Map<string, Buffer>} contents
 * @returns {Exported[]}
 */
function workspaceExports(contents) {
  /** @type {Exported[]} */
  const found = [];
  for (const [path, content] of contents) {
    if (!/^packages\/[^/]+\/package\.json$/.test(path)) continue;
    const { name, exports: given = {} } = JSON.parse(content.toString('utf8'));
    for (const [key, target] of Object.entries(given)) {
      const source = typeof target === 'object' ? target.source : undefined;
      if (source === undefined) continue;
      const [from, to] = [posix.join(name, key), posix.join(posix.dirname(path), source)];
      found.push({ from: from.split('*'), to: to.split('*') });
    }
  }
  return found;
}

/**
 * @param {string} name as a file imports it
 * @param {string} from that file's path
 * @param {Map<string, Buffer>} contents
 * @param {readonly Exported[]} exported
 * @returns {string | undefined} the path of the imported file, if it is in `contents`
 */
function resolve(name, from, contents, exported) {
  if (name.startsWith('.')) {
    const path = posix.join(posix.dirname(from), name);
    const candidates = [
      path,
      path.replace(/\.js$/, '.ts'),
      path.replace(/\.js$/, '.tsx'),
      path.replace(/\.mjs$/, '.mts'),
    ];
    return candidates.find((candidate) => contents.has(candidate));
  }
  for (const {
    from: [start = '', end = ''],
    to,
  } of exported) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    const path = to.join(name.slice(start.length, name.length - end.length));
    if (contents.has(path)) return path;
  }
  return undefined;
}

/**
 * Finds the circles of imports: each group of files of which every one reaches every other (Tarjan's algorithm).
 *
 * @param {Map<string, string[]>} graph
 * @returns {string[][]} the files of each circle, sorted.
 */
export function circlesOf(graph) {
  /** @type {Map<string, number>} */
  const index = new Map();
  /** @type {Map<string, number>} */
  const low = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {Set<string>} */
  const onStack = new Set();
  /** @type {string[][]} */
  const circles = [];
  /** @param {string} node */
  const lowOf = (node) => low.get(node) ?? 0;
  /** @param {string} start */
  const visit = (start) => {
    const work = [{ node: start, next: 0 }];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const { node } = frame;
      if (frame.next === 0) {
        index.set(node, index.size);
        low.set(node, index.size - 1);
        stack.push(node);
        onStack.add(node);
      }
      const target = (graph.get(node) ?? [])[frame.next];
      frame.next += 1;
      if (target !== undefined) {
        if (!index.has(target)) work.push({ node: target, next: 0 });
        else if (onStack.has(target)) low.set(node, Math.min(lowOf(node), index.get(target) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(lowOf(parent), lowOf(node)));
      if (low.get(node) !== index.get(node)) continue;
      const circle = stack.splice(stack.indexOf(node));
      for (const member of circle) onStack.delete(member);
      if (circle.length > 1 || (graph.get(node) ?? []).includes(node)) circles.push(circle.toSorted(byName));
    }
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return circles;
}
