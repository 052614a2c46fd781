// Asks an app that is running which of its rights it has, and says so in a table.

/** @typedef {import('@connected-registry/protocol/answers/healthAnswer').HealthAnswer} HealthAnswer */

const TIMEOUT_SECONDS = 60;
/** @type {Readonly<Record<string, string>>} */
const MARKS = { given: '+', missing: '-', unreachable: '!', unknown: '?' };

/**
 * @param {string} base address of the app
 * @param {Readonly<Record<string, string>>} headers what makes the caller an operator
 * @returns {Promise<HealthAnswer>} the answer of GET /api/health
 * @throws {Error} whose message says what to do
 */
export async function fetchHealth(base, headers) {
  const url = new URL('/api/health', base);
  let answer;
  try {
    answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000), redirect: 'error' });
  } catch (error) {
    throw new Error(`${url.origin} does not answer (${reasonOf(error)}). Is the app running?`, { cause: error });
  }
  if (answer.status === 401 || answer.status === 403)
    throw new Error(`${url.origin} does not take the key or token (${answer.status}). It must be an operator's.`);
  if (answer.status !== 200)
    throw new Error(`GET ${url.href} was answered ${answer.status}. Does the app start? Its log says why it does not.`);
  return /** @type {HealthAnswer} */ (await answer.json());
}

/**
 * `fetch` has the error of the connection as the cause of its own.
 * @param {unknown} error
 */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}

/**
 * @param {HealthAnswer} health
 * @returns {string[]} one line a right, and its cure below where it is missing
 */
export function healthLines({ state, rights }) {
  const width = Math.max(...rights.map(({ right }) => right.length));
  const lines = rights.flatMap(({ right, on, identity, state: one, reason, fix }) => [
    `  ${MARKS[one] ?? '?'} ${right.padEnd(width)}  ${on}${identity ? ` by ${identity}` : ''}${one === 'given' ? '' : `  ${one}`}`,
    ...(one === 'missing' || one === 'unreachable' ? [`      ${reason}`] : []),
    ...(fix ? [`      ${fix}`] : []),
  ]);
  const end =
    state === 'ok'
      ? 'Every right that a read can show is there. Those marked ? show with the first onboarding.'
      : 'Something is missing. A role assignment takes effect within ten minutes; then ask again.';
  return [...lines, end];
}
