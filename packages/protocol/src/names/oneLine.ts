/**
 * A text without its line breaks: each becomes one space, with the white space around it, and a tab one as well. The
 * time that it takes grows with the length of the text alone: an expression for break and white space together takes
 * minutes for a long run of spaces.
 */
export function oneLine(text: string): string {
  const [first = '', ...others] = text.replaceAll('\t', ' ').split(/[\r\n\u2028\u2029]+/);
  const last = others.pop();
  if (last === undefined) return first;
  const between = others.map((line) => line.trim()).filter((line) => line !== '');
  return [first.trimEnd(), ...between, last.trimStart()].join(' ');
}
