/**
 * The beginning of a text, cut between words where there is a space near, never inside of a character.
 *
 * @param most its maximum length in UTF-16 code units
 * @returns the text itself if it is no longer
 */
export function textHead(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  const space = cut.lastIndexOf(' ');
  return space > most * 0.8 ? cut.slice(0, space) : cut;
}
