/** Where an unforeseen error came from, for the log. Its message is left out: it may quote anything, a password too. */
export function errorPlace(error: unknown): { readonly name: string; readonly frames: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line));
  return { name: error.name, frames: frames.slice(0, 8).map((line) => line.trim()) };
}
