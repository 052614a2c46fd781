/** The device has not joined. The message says why and what to do. */
export class JoinFailure extends Error {
  override name = 'JoinFailure';
}

/** The app has refused the join: the same command will not succeed later. */
export class JoinRefused extends JoinFailure {
  override name = 'JoinRefused';
}

const NEW_TOKEN = 'Ask an operator for a new join token (POST /api/enrolments).';

/** What to do about each code of the app's refusals. */
const BY_CODE: Readonly<Record<string, string>> = {
  'join-token-used': `The join token was used with other keys. If this device has not used it, a copy of it is about: tell an operator. ${NEW_TOKEN}`,
  'join-token-expired': `The join token has expired. ${NEW_TOKEN}`,
  'join-token-unknown': `The join token is not valid any more: a newer one was issued, or the client was revoked or offboarded. ${NEW_TOKEN}`,
  'join-address': `The join token may not be used from this device's address. Use it from an address that it was issued for, or ask an operator for another one.`,
  'device-key-ended': `The device has joined with this token before, and its keys have ended since. ${NEW_TOKEN} Join with it and --again.`,
  'device-signature':
    'The app does not accept the join token or the signature. The file must hold the whole join token, of the app at this address, and nothing on the way may change the path of a request.',
};

/** The code of a request that came before: something on the way has sent it twice, and the next one is signed anew. */
const REPLAYED = 'device-request-replayed';

/** For a text that is not a join token. It is not sent anywhere. */
export const NO_TOKEN = 'The file holds no join token. It must hold the whole one, as the app has shown it.';

/** Codes that {@link refusalOf} explains. */
export const REFUSAL_CODES: readonly string[] = Object.keys(BY_CODE);

/**
 * Why the app refuses, and what to do; undefined for what may pass by itself.
 * @param code of the problem, if the answer is one
 */
export function refusalOf(status: number | undefined, code: string | undefined): string | undefined {
  if (status === undefined || status < 300 || status === 408 || status === 429 || status >= 500) return undefined;
  if (code === REPLAYED) return undefined;
  const known = code === undefined ? undefined : BY_CODE[code];
  if (known !== undefined) return known;
  if (status < 400) return `The address redirects (${status}), which is not followed. Give the app's own address.`;
  if (status === 404) return 'There is no app that devices can join at this address (404). Give its base address.';
  if (status === 401) return 'Something before the app asks for another identity (401). Let this path pass without.';
  return `The app refused the join (${status}). Compare the versions of agent and app.`;
}
