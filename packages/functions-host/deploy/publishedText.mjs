// A document of this repository as it is published: without the part about the repository, and with links that lead
// somewhere.

/** From this heading on, a document is about work in the repository. */
const REPOSITORY = '\n## In this repository\n';

/** Other parts that are about the repository. */
const PARTS = /<!-- repository -->.*?<!-- \/repository -->\n+/gs;

/** Where a document is in the package, by its place in the repository. */
const PLACES = new Map([
  ['../../docs/local-host.md', 'docs/local-host.md'],
  ['../packages/functions-host/README.md', '../README.md'],
]);

/**
 * @param {string} text Markdown
 * @returns {string} the same, where links to documents that are not published are their texts alone
 */
export function publishedText(text) {
  const [published = ''] = text.split(REPOSITORY);
  return published
    .replaceAll(PARTS, '')
    .replaceAll(/\[([^\]]+)\]\(([^)#]+)(#[^)]*)?\)/g, (link, words, path, part = '') => {
      if (/^https?:/.test(path) || /^(examples|CHANGELOG\.md|LICENSE)/.test(path)) return link;
      const place = PLACES.get(path);
      return place === undefined ? words : `[${words}](${place}${part})`;
    });
}
