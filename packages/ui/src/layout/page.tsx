import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { matchPath } from '../routing/address.js';
import { address } from '../routing/location.js';
import { plainText } from '../format/plainText.js';
import { views } from '../views/views.js';
import { ErrorBoundary } from './errorBoundary.js';
import { Heading } from './heading.js';
import { useServices } from './services.js';
import { SignInView } from './signIn.js';
import { TopBar } from './topBar.js';
import type { View, ViewProps } from './view.js';

/** The whole page: navigation, and the view that the address names. */
export function Page(): JSX.Element {
  const { session } = useServices();
  const main = useRef<HTMLElement>(null);
  const { path, query } = address.value;
  const found = viewAt(path);
  const isOpen = session.isOpen.value;
  const title = !isOpen ? 'Sign in' : (found?.view.title(found.params) ?? 'Not found');

  useEffect(() => {
    document.title = `${plainText(title)} · Fleet`;
  }, [title]);
  useFocusAfterNavigation(main, `${path} ${isOpen}`);

  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // The address after # is the place in the page.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <TopBar path={found?.view.path} />
      <main id="main" ref={main} tabIndex={-1}>
        {isOpen ? (
          <ErrorBoundary key={path}>
            {found === undefined ? <NotFound /> : <found.view.component params={found.params} query={query} />}
          </ErrorBoundary>
        ) : (
          <SignInView />
        )}
      </main>
    </>
  );
}

function viewAt(path: string): { readonly view: View; readonly params: ViewProps['params'] } | undefined {
  for (const view of views) {
    const params = matchPath(view.path, path);
    if (params !== undefined) return { view, params };
  }
  return undefined;
}

/**
 * Moves the focus to the heading of the new view, as a new document would: not at the first one, which the browser
 * announces.
 */
function useFocusAfterNavigation(main: { readonly current: HTMLElement | null }, place: string): void {
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    window.scrollTo(0, 0);
    (main.current?.querySelector('h1') ?? main.current)?.focus({ preventScroll: true });
  }, [main, place]);
}

function NotFound(): JSX.Element {
  return (
    <>
      <Heading>Not found</Heading>
      <p>The page has no such view. The navigation above shows what there is.</p>
    </>
  );
}
