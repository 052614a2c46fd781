/** Maximum columns of a line of comment: Prettier wraps code at that width, and leaves comments alone. */
export const MAX_COLUMNS = 120;

/**
 * Lines of comment that are longer, and have a place to break.
 *
 * @param {Map<string, Buffer>} contents of code, by path
 * @returns {string[]} path and number of each
 */
export function longComments(contents) {
  return [...contents].flatMap(([path, content]) =>
    content
      .toString('utf8')
      .split('\n')
      .flatMap((line, index) => (isTooLong(line) ? [`${path}:${index + 1}`] : [])),
  );
}

/** @param {string} line */
function isTooLong(line) {
  if (line.length <= MAX_COLUMNS) return false;
  const { text } = /^\s*(?:\/\/|\/\*\*?|\*) (?<text>.*)$/.exec(line)?.groups ?? {};
  // Directives stand in one line, and an address has no place to break.
  return text !== undefined && text.includes(' ') && !/^(?:@ts-|oxlint-|eslint-)/.test(text);
}
