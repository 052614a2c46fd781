import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ownPath } from '../routing/location.js';
import { useServices } from './services.js';

/** Asks the operator to sign in: with Entra by the platform's own page, with a function key in a field of this page. */
export function SignInView(): JSX.Element {
  const { session, polls, inventory } = useServices();
  useEffect(() => {
    // Whoever signs in next may be somebody else.
    polls.clear();
    inventory.clear();
  }, [polls, inventory]);
  return (
    <section class="signin" aria-labelledby="signin-title">
      <h1 id="signin-title" tabIndex={-1}>
        Sign in
      </h1>
      {session.signIn === 'entra' ? <EntraSignIn /> : session.takesKeys ? <KeySignIn /> : <NoKeysHere />}
    </section>
  );
}

function EntraSignIn(): JSX.Element {
  const here = `${ownPath()}${window.location.hash}`;
  return (
    <>
      <p>Authentication required. Sign in with an account that is an operator of this app.</p>
      <p>
        <a class="button" href={`/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(here)}`}>
          Sign in with Microsoft Entra
        </a>
      </p>
    </>
  );
}

function KeySignIn(): JSX.Element {
  const { session } = useServices();
  const [key, setKey] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        // Keys have no spaces; what is copied often has.
        if (key.trim() !== '') session.use(key.trim());
      }}
    >
      {session.wasRefused.value && (
        <p class="notice bad" role="alert">
          The app refused the key. Is it a key of this app, and complete?
        </p>
      )}
      <label for="key">Function key</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        spellcheck={false}
        aria-describedby="key-help"
        value={key}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <p id="key-help" class="quiet">
        It stays in this tab's memory: it is not stored, and a reload asks for it again. <code>npm run local</code>{' '}
        prints which file has the key of a local stack; in Azure, <em>App keys</em> of the Function App.
      </p>
      <button type="submit" class="button">
        Sign in
      </button>
    </form>
  );
}

function NoKeysHere(): JSX.Element {
  return (
    <>
      <p>
        Operators of this app use a function key, and its settings do not let anybody type one in at this address. Use{' '}
        <code>crctl</code>, or ask the app's owner for one of these:
      </p>
      <ul>
        <li>
          sign-in with Microsoft Entra (<code>OPERATOR_AUTH=entra</code>), which is the better way;
        </li>
        <li>
          <code>FLEET_PAGE_KEYS=true</code>, which lets operators type a function key into this page.
        </li>
      </ul>
    </>
  );
}
