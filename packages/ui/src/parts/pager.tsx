import type { JSX } from 'preact';
import { setQuery } from '../routing/location.js';

/**
 * Buttons to the first and to the next page of a list whose position is in the address.
 *
 * @param continuation of the page that is shown; undefined for the first
 * @param next continuation of the next page; undefined on the last
 */
export function Pager({
  continuation,
  next,
}: {
  readonly continuation: string | undefined;
  readonly next: string | undefined;
}): JSX.Element {
  const goTo = (place: string | undefined) => () => setQuery({ continuation: place }, 'push');
  return (
    <div class="line">
      {continuation !== undefined && (
        <button type="button" class="button second" onClick={goTo(undefined)}>
          First page
        </button>
      )}
      {next !== undefined && (
        <button type="button" class="button second" onClick={goTo(next)}>
          Next page
        </button>
      )}
    </div>
  );
}
