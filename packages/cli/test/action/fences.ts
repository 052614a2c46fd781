/** A Markdown text apart: what stands outside of its one block of code, and what inside. */
export interface Apart {
  readonly outside: readonly string[];
  readonly inside: readonly string[];
}

/**
 * Takes a text with blocks of code apart as CommonMark does (0.31.2, 2.1 line endings, 4.5 fenced code blocks).
 * @throws if a block has no end, since all that follows would be in it
 */
export function apart(markdown: string): Apart {
  const [outside, inside]: [string[], string[]] = [[], []];
  let fence: string | undefined;
  for (const line of markdown.split(/\r\n|\n|\r/)) {
    if (fence === undefined) {
      fence = /^ {0,3}(`{3,}|~{3,})[^`]*$/.exec(line)?.[1];
      if (fence === undefined) outside.push(line);
      continue;
    }
    const [, end] = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line) ?? [];
    if (end?.startsWith(fence)) fence = undefined;
    else inside.push(line);
  }
  if (fence !== undefined) throw new Error('A block of code has no end.');
  return { outside, inside };
}
