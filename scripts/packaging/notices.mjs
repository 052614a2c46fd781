// The notices of what others made and the bundle holds: each package once a version, with its licence as it came.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * SPDX names of licences that ask for no more than their notice. Another one is looked at by a person before it gets in
 * here.
 */
export const ALLOWED_LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

/**
 * A package of others that a bundle holds.
 *
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} licence an SPDX expression
 * @property {{ file: string, text: string }[]} texts of the licence
 */

/**
 * @param {{ outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }} metafile of esbuild
 * @param {string} root the project's folder
 * @returns {BundledPackage[]} by name and version
 */
export function packagesOf(metafile, root) {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs: parts }) =>
    Object.entries(parts).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
  );
  const folders = new Set(inputs.flatMap((input) => packageFolder(input) ?? []));
  /** @type {Map<string, BundledPackage>} */
  const found = new Map();
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const { name, version } = manifest;
    found.set(`${name}@${version}`, {
      name,
      version,
      licence: licenceOf(manifest),
      texts: licenceTexts(join(root, folder)),
    });
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/**
 * `node_modules/a/node_modules/@b/c` of a file below it; undefined for a file of the project.
 *
 * @param {string} input
 */
function packageFolder(input) {
  return /^(?:deferred:.*?(?=node_modules))?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

/**
 * The SPDX expression; older packages have an object, or a list of them.
 *
 * @param {{ license?: string | { type?: string }, licenses?: string | { type?: string } | { type?: string }[] }}
 * manifest
 */
function licenceOf({ license, licenses }) {
  const given = license ?? licenses;
  if (Array.isArray(given)) return given.map(({ type }) => type).join(' OR ');
  return (typeof given === 'object' ? given?.type : given) ?? 'none named';
}

/** @param {string} folder */
function licenceTexts(folder) {
  /** @param {string} file */
  const read = (file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  const files = readdirSync(folder).toSorted();
  const own = files.filter((file) => /^(licen[cs]e|notice|copying|thirdpartynotice)/i.test(file));
  if (own.length > 0) return own.map((file) => ({ file, text: read(file) }));
  // Some packages have it only as the last part of their README.
  return files
    .filter((file) => /^readme/i.test(file))
    .flatMap((file) => {
      const text = /^(?:#+ *)?licen[cs]e *\n(?:[-=]+ *\n)?\s*([^]*copyright[^]*)$/im.exec(read(file))?.[1];
      return text === undefined ? [] : [{ file, text: text.trim() }];
    });
}

/**
 * Of `A OR B` one is enough, of `A AND B` both are needed.
 *
 * @param {string} licence
 */
function isAllowed(licence) {
  const plain = licence.replaceAll(/[()]/g, '');
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => ALLOWED_LICENCES.includes(one.trim())));
}

/**
 * @param {readonly BundledPackage[]} packages
 * @returns {string[]} a sentence for each package whose licence is not on the list, or that came without a licence's
 * text
 */
export function licenceProblems(packages) {
  return packages.flatMap(({ name, version, licence, texts }) => [
    ...(isAllowed(licence) ? [] : [`${name}@${version} has the licence ${licence}, which is not on the list`]),
    ...(texts.length > 0 ? [] : [`${name}@${version} came without the text of its licence (${licence})`]),
  ]);
}

/**
 * @param {readonly BundledPackage[]} packages
 * @returns {string} the content of THIRD-PARTY-NOTICES
 */
export function noticesText(packages) {
  const rule = '-'.repeat(78);
  const parts = packages.map(
    ({ name, version, licence, texts }) =>
      `${rule}\n${name} ${version} (${licence})\n${rule}\n\n${texts.map(({ text }) => text).join('\n\n')}\n`,
  );
  return `This package holds software of others, under these licences.\n\n${parts.join('\n')}`;
}
