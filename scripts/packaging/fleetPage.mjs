// The fleet page, bundled: packages/ui/src as one script and one style sheet, and the document that names them by
// hashes of their content. The app imports the result as a module on the first request for the page
// (docs/decisions/0058-the-fleet-page.md).
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the page is, from the project's root. */
export const PAGE_FOLDER = join('packages', 'ui');

/**
 * @param {typeof import('esbuild').buildSync} buildSync
 * @param {string} root the project's folder
 * @returns {{ assets: { name: string, type: string, text: string }[], documentText: string, metafile:
 * import('esbuild').Metafile }}
 * @throws if a source has an error, which esbuild has printed
 */
export function bundlePage(buildSync, root) {
  const folder = join(root, PAGE_FOLDER);
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [
      { in: join(folder, 'src', 'main.tsx'), out: 'page' },
      { in: join(folder, 'src', 'styles', 'page.css'), out: 'page' },
    ],
    outdir: join(folder, 'dist', 'page'),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['source', 'module'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    tsconfig: join(folder, 'tsconfig.json'),
  });
  /** @param {string} ending */
  const output = (ending) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  /** @param {string} name */
  const read = (name) => readFileSync(join(folder, 'src', 'page', name), 'utf8');
  const assets = {
    script: asset('page', 'js', 'text/javascript; charset=utf-8', output('.js')),
    style: asset('page', 'css', 'text/css; charset=utf-8', output('.css')),
    icon: asset('icon', 'svg', 'image/svg+xml', read('icon.svg')),
  };
  const documentText = read('document.html').replaceAll(
    /\{(script|style|icon)\}/g,
    (_, name) => /** @type {Record<string, { name: string }>} */ (assets)[name]?.name ?? '',
  );
  return { assets: Object.values(assets), documentText, metafile };
}

/**
 * The name changes with the content, so that browsers may keep it forever.
 *
 * @param {string} stem
 * @param {string} ending
 * @param {string} type of the content
 * @param {string} text
 */
function asset(stem, ending, type, text) {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return { name: `${stem}.${hash}.${ending}`, type, text };
}

/**
 * Writes the module that the app imports.
 *
 * @param {typeof import('esbuild').buildSync} buildSync
 * @param {string} root
 */
export function writePage(buildSync, root) {
  const { assets, documentText } = bundlePage(buildSync, root);
  const folder = join(root, PAGE_FOLDER, 'dist', 'page');
  mkdirSync(folder, { recursive: true });
  const lines = Object.entries({ assets, documentText }).map(
    ([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`,
  );
  writeFileSync(join(folder, 'assets.js'), lines.join(''));
}
