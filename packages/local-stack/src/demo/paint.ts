/** Colors a text; returns it unchanged if colors are off. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

/** ANSI colors for a terminal, plain text otherwise; NO_COLOR turns them off (no-color.org). */
export function paintFor(isTerminal: boolean, environment: NodeJS.ProcessEnv): Paint {
  const colours = isTerminal && !environment['NO_COLOR'];
  const style = (on: number, off: number) => (text: string) => (colours ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return { good: style(32, 39), bad: style(31, 39), faint: style(2, 22), strong: style(1, 22) };
}
