import type { JSX } from 'preact';
import { Go } from '../parts/link.js';
import { ownPath } from '../routing/location.js';
import { views } from '../views/views.js';
import { useServices } from './services.js';

/** Name, navigation, sign-out. @param path pattern of the view that is shown */
export function TopBar({ path }: { readonly path: string | undefined }): JSX.Element {
  const { session } = useServices();
  const section = path?.split('/')[1];
  return (
    <header class="topbar">
      <span class="brand">Fleet</span>
      {session.isOpen.value && (
        <nav aria-label="Views">
          <ul>
            {views.map((view) => {
              if (view.nav === undefined) return null;
              const parts = view.path.split('/').slice(1);
              return (
                <li key={view.path}>
                  <Go to={parts} current={parts[0] === section}>
                    {view.nav}
                  </Go>
                </li>
              );
            })}
          </ul>
        </nav>
      )}
      <span class="grow" />
      {session.hasKey && (
        <button type="button" class="plain" onClick={() => session.leave()}>
          Sign out
        </button>
      )}
      {session.signIn === 'entra' && (
        <a href={`/.auth/logout?post_logout_redirect_uri=${encodeURIComponent(ownPath())}`}>Sign out</a>
      )}
    </header>
  );
}
