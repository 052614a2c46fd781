import { signal, type ReadonlySignal } from '@preact/signals';
import { hashOf, parseAddress, type Address } from './address.js';

const current = signal<Address>(parseAddress(window.location.hash));

/** Where the page is. */
export const address: ReadonlySignal<Address> = current;

function follow(): void {
  current.value = parseAddress(window.location.hash);
}

window.addEventListener('hashchange', follow);

/** Goes to another place; the browser's back button returns. @param hash as {@link hashOf} makes it */
export function goTo(hash: string): void {
  window.location.hash = hash;
}

/**
 * The path of the page on its origin. With two slashes at its start it would name another origin where it is used as an
 * address.
 */
export function ownPath(): string {
  return window.location.pathname.replace(/^\/+/, '/');
}

/**
 * Changes parameters of this place. Undefined removes one.
 *
 * @param how `push` if "back" is to return to what was before, as for a filter that is chosen; `replace` while
 * something is typed
 */
export function setQuery(change: Readonly<Record<string, string | undefined>>, how: 'push' | 'replace'): void {
  const { path, query } = current.value;
  const hash = hashOf(path, { ...query, ...change });
  if (hash === hashOf(path, query)) return;
  if (how === 'push') window.history.pushState(null, '', hash);
  else window.history.replaceState(null, '', hash);
  follow();
}
