import { usageError } from '../program/commandError.js';

/** How the caller shows that they are an operator. No value of a key is in here, so that it may be shown and stored. */
export type Auth =
  { readonly kind: 'key'; readonly from: KeySource } | { readonly kind: 'entra'; readonly scope: string };

/** Where a function key is. */
export type KeySource =
  | { readonly kind: 'environment' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'store'; readonly name: string }
  | { readonly kind: 'localStack'; readonly path: string };

/** Gives the header that makes a request an operator's. Asked for each request, since tokens end. */
export type SignIn = () => Promise<Readonly<Record<string, string>>>;

/** An app, how to sign in to it, and names that commands take from the context if they are not given. */
export interface Place {
  /** Without `/api` and without a slash at the end. */
  readonly url: string;
  readonly auth: Auth;
  readonly registry?: string | undefined;
  readonly connectedRegistry?: string | undefined;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Reads the address of an app. Without TLS a key would be readable on its way, so `http` is for this machine only.
 * @throws {CommandError} if it is not an address that may be used
 */
export function readUrl(text: string): string {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw usageError(`${JSON.stringify(text)} is not an address.`, 'It has the form https://APP.azurewebsites.net.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usageError('The address may not have a user, a query or a fragment.', 'Keys belong in CRCTL_KEY or a file.');
  const isLocal = url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !isLocal)
    throw usageError(`${JSON.stringify(text)} is not an https address.`, 'http is accepted for this machine only.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/api$/, '')}`;
}
