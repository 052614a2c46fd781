/**
 * Gives the pages of a listing one after the other. A page is read when it is asked for.
 * @param read reads one page; its parameter is the continuation of the page before, and absent for the first
 */
export async function* pagesOf<Page extends { readonly continuation?: string }>(
  read: (continuation: string | undefined) => Promise<Page>,
): AsyncGenerator<Page, void> {
  let continuation: string | undefined;
  do {
    const page = await read(continuation);
    yield page;
    ({ continuation } = page);
  } while (continuation !== undefined);
}
