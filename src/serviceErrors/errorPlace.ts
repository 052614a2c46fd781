import { fileURLToPath } from 'node:url';

/** The form of a class's name; any other text is not shown. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,59}$/;

/** V8's text before the message: the class, and for Node's own errors a code. */
const HEAD = /^[A-Za-z]\w*(?: \[[A-Z0-9_]+\])?(?:: )?/;

const FRAME = /^\s+at (?:[\w.<>$#[\] ]+ \()?(?<file>\S+):\d+:\d+\)?$/;

/** Prefixes of the app's own files, as V8 names modules and scripts. */
const ROOTS = [new URL('../../', import.meta.url).href, fileURLToPath(new URL('../../', import.meta.url)), 'node:'];

/** Describes where an unexpected error was thrown, for the log. Its message is left out: it may quote a password. */
export function errorPlace(error: unknown): { readonly name: string; readonly frames: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = framesOf(error).filter((line) => isOwn(FRAME.exec(line)?.groups?.['file']));
  return { name: NAME.test(error.name) ? error.name : 'Error', frames: frames.slice(0, 8).map((line) => line.trim()) };
}

/** True for stack frames: a message's lines may look like frames, but cannot know the paths of the app's files. */
function isOwn(file: string | undefined): boolean {
  return file !== undefined && ROOTS.some((root) => file.startsWith(root));
}

/**
 * The stack's lines after the message; none when the message was changed after the error was created, since its end in
 * the stack is then unknown.
 */
function framesOf({ message, stack }: Error): string[] {
  if (typeof stack !== 'string') return [];
  const head = `${HEAD.exec(stack)?.[0] ?? ''}${message}\n`;
  return stack.startsWith(head) ? stack.slice(head.length).split('\n') : [];
}
