import { fileURLToPath } from 'node:url';

/** A class's name; anything else was put there by somebody. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,59}$/;

/** What V8 writes before the message: a class, and a code where Node has one. */
const HEAD = /^[A-Za-z]\w*(?: \[[A-Z0-9_]+\])?(?:: )?/;

const FRAME = /^\s+at (?:[\w.<>$#[\] ]+ \()?(?<file>\S+):\d+:\d+\)?$/;

/** Above the app's own files, as V8 names modules and scripts. */
const ROOTS = [new URL('../../', import.meta.url).href, fileURLToPath(new URL('../../', import.meta.url)), 'node:'];

/** Where an unforeseen error came from, for the log. Its message is left out: it may quote anything, a password too. */
export function errorPlace(error: unknown): { readonly name: string; readonly frames: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = framesOf(error).filter((line) => isOwn(FRAME.exec(line)?.groups?.['file']));
  return { name: NAME.test(error.name) ? error.name : 'Error', frames: frames.slice(0, 8).map((line) => line.trim()) };
}

/** Lines of a message may look like frames, but nobody outside knows where the app's files lie. */
function isOwn(file: string | undefined): boolean {
  return file !== undefined && ROOTS.some((root) => file.startsWith(root));
}

/**
 * The lines behind the message. Of an error whose message was changed since it was made, it is not known where the one in its
 * stack ends.
 */
function framesOf({ message, stack }: Error): string[] {
  if (typeof stack !== 'string') return [];
  const head = `${HEAD.exec(stack)?.[0] ?? ''}${message}\n`;
  return stack.startsWith(head) ? stack.slice(head.length).split('\n') : [];
}
