import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';

/** The continuation of a page, as a parameter. */
type Place = { readonly continuation?: string };

/**
 * Reads a listing page by page, as far as the caller takes it.
 *
 * @throws {CommandError} if a continuation comes a second time, as from a proxy that repeats an answer: the listing
 * would have no end
 */
export async function* allPages<Page extends { readonly continuation?: string | undefined }>(
  read: (place: Place) => Promise<Page>,
): AsyncGenerator<Page, void> {
  const seen = new Set<string>();
  let place: Place = {};
  for (;;) {
    const page = await read(place);
    yield page;
    const { continuation } = page;
    if (continuation === undefined) return;
    if (seen.has(continuation))
      throw new CommandError(EXIT.failed, 'The app gave the same continuation twice, so the list would have no end.', [
        'Try again. If it persists, look for what is between crctl and the app.',
      ]);
    seen.add(continuation);
    place = { continuation };
  }
}
