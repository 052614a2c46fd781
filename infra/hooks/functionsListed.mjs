// Waits until Resource Manager lists the functions of a deployment that has just ended.
import { readFileSync } from 'node:fs';
import { az, AzError, HookError, output } from './az.mjs';

/**
 * What a hook that waits needs of its surroundings.
 * @typedef {object} HookWorld
 * @property {() => number} now milliseconds since the epoch
 * @property {(ms: number) => Promise<unknown>} sleep
 * @property {(line: string) => void} say
 */

/** @type {Record<string, { function: string }[]>} */
const sources = JSON.parse(readFileSync(new URL('../modules/eventSources.json', import.meta.url), 'utf8'));
/** The functions that events.bicep subscribes. */
export const EVENT_FUNCTIONS = [
  ...new Set(
    Object.values(sources)
      .flat()
      .map((route) => route.function),
  ),
];

const API = 'api-version=2024-11-01';
const LOOK_AGAIN_SECONDS = 10;
const MAXIMUM_SECONDS = 600;

/** What no repetition cures. */
const REFUSED = /\((AuthorizationFailed|AuthenticationFailed|LinkedAuthorizationFailed)\)|Forbidden|Unauthorized/;

/**
 * Asks the platform to synchronise the app's triggers, and looks until every Event Grid function is listed. An instance
 * that is still starting answers the first request with an error, so that the request is repeated as the look is.
 * @param {HookWorld} world
 * @returns {Promise<{ until: number }>} the instant (ms) at which the time for the whole hook is over
 * @throws {HookError} after ten minutes, with what is missing and az's last message
 */
export async function functionsListed({ now, sleep, say }) {
  const app = output('FUNCTION_APP_ID');
  const startedAt = now();
  const until = startedAt + MAXIMUM_SECONDS * 1000;
  let synced = false;
  let trouble = '';
  for (;;) {
    try {
      if (!synced) az(['rest', '--method', 'post', '--url', `${app}/syncfunctiontriggers?${API}`]);
      synced = true;
    } catch (error) {
      trouble = passing(error);
    }
    const missing = missingOf(app, (said) => (trouble = said));
    if (missing.length === 0) return { until };
    const seconds = Math.round((now() - startedAt) / 1000);
    const count = `${EVENT_FUNCTIONS.length - missing.length} of ${EVENT_FUNCTIONS.length}`;
    if (now() + LOOK_AGAIN_SECONDS * 1000 > until)
      throw new HookError(
        `after ${seconds} s the app still does not list ${missing.join(', ')}; nothing was subscribed. ` +
          `See whether the app starts (its log, its settings), then run azd hooks run postdeploy.${trouble ? ` Last message: ${trouble}` : ''}`,
      );
    say(`Waiting for the functions to be listed: ${count} after ${seconds} s.`);
    await sleep(LOOK_AGAIN_SECONDS * 1000);
  }
}

/**
 * @param {string} app resource id
 * @param {(said: string) => void} note
 */
function missingOf(app, note) {
  try {
    /** @type {{ value?: ListedFunction[] }} */
    const { value = [] } = az(['rest', '--method', 'get', '--url', `${app}/functions?${API}`]) ?? {};
    const listed = value.filter(isEventFunction).map(({ name }) => String(name).split('/').at(-1)?.toLowerCase());
    return EVENT_FUNCTIONS.filter((name) => !listed.includes(name.toLowerCase()));
  } catch (error) {
    note(passing(error));
    return EVENT_FUNCTIONS;
  }
}

/**
 * A function as Resource Manager lists it. Anything may be absent.
 * @typedef {object} ListedFunction
 * @property {unknown} [name]
 * @property {{ config?: { bindings?: { type?: unknown }[] } }} [properties]
 */

/** @param {ListedFunction} listed */
function isEventFunction({ properties }) {
  const bindings = properties?.config?.bindings ?? [];
  return bindings.some(({ type }) => String(type).toLowerCase() === 'eventgridtrigger');
}

/**
 * @param {unknown} error
 * @throws the error itself where waiting would not help
 */
function passing(error) {
  if (!(error instanceof AzError) || REFUSED.test(error.said)) throw error;
  return error.said;
}
