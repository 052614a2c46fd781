// Which file imports which, types included, and the circles among them.
import { posix } from 'node:path';

/** `import ... from 'x'`, `export ... from 'x'`, `import 'x'`, `import('x')`, `require('x')`, and mocks of tests. */
const IMPORT =
  /^\s*(?:import|export)\b(?<clause>[^'";]*?)from\s*['"](?<from>[^'"$]+)['"]|\b(?:import|require|vi\.(?:mock|doMock|importActual|importMock))\s*\(\s*['"`](?<called>[^'"`$]+)['"`]|^\s*import\s*['"](?<bare>[^'"]+)['"]/gm;

/**
 * Finds what a file imports, as it names it.
 *
 * @param {string} code
 * @returns {{ name: string, isType: boolean }[]} `isType`: the import brings types alone, and does not exist at run time.
 */
export function namedImports(code) {
  return [...withoutComments(code).matchAll(IMPORT)].map(({ groups: { clause, from, called, bare } }) => ({
    name: from ?? called ?? bare,
    isType: clause !== undefined && isOfTypes(clause),
  }));
}

/** `type { A }`, or braces in which each name is marked as a type. */
function isOfTypes(clause) {
  if (/^\s+type\b/.test(clause)) return true;
  const names = /^\s*\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups.names.split(',') ?? [''];
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

/** Orders paths by their characters, the same in every locale. */
export function byName(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** @param {string} path */
export function isCode(path) {
  return /\.(?:ts|tsx|mts|cts|js|mjs|cjs)$/.test(path);
}

/** A comment may quote an import; a text that looks like a comment (an address) stays. */
function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** Where each workspace's exports lead: `[name/answers/, packages/protocol/src/answers/, .ts]`. */
function workspaceExports(contents) {
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

function resolve(name, from, contents, exported) {
  if (name.startsWith('.')) {
    const path = posix.join(posix.dirname(from), name);
    const candidates = [
      path,
      path.replace(/\.js$/, '.ts'),
      path.replace(/\.js$/, '.tsx'),
      path.replace(/\.mjs$/, '.mts'),
      path.replace(/\.mjs$/, '.d.mts'),
    ];
    return candidates.find((candidate) => contents.has(candidate));
  }
  for (const {
    from: [start, end = ''],
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
  const [index, low, stack, onStack, circles] = [new Map(), new Map(), [], new Set(), []];
  const visit = (start) => {
    const work = [{ node: start, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1);
      const { node } = frame;
      if (frame.next === 0) {
        index.set(node, index.size);
        low.set(node, index.get(node));
        stack.push(node);
        onStack.add(node);
      }
      const target = (graph.get(node) ?? [])[frame.next];
      frame.next += 1;
      if (target !== undefined) {
        if (!index.has(target)) work.push({ node: target, next: 0 });
        else if (onStack.has(target)) low.set(node, Math.min(low.get(node), index.get(target)));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent), low.get(node)));
      if (low.get(node) !== index.get(node)) continue;
      const circle = stack.splice(stack.indexOf(node));
      for (const member of circle) onStack.delete(member);
      if (circle.length > 1 || (graph.get(node) ?? []).includes(node)) circles.push(circle.toSorted(byName));
    }
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return circles;
}
