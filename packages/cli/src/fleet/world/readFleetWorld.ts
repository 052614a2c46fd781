import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { allPages } from '../../api/allPages.js';
import type { Api } from '../../api/api.js';
import { ProblemError } from '../../api/problem.js';
import { routes } from '../../api/routes.js';
import type { Scope } from '../file/desiredFleet.js';
import { factsOf, type ClientFacts } from './clientFacts.js';

/** Requests under way at once. */
const AT_ONCE = 8;
/** Clients of one page: the API's maximum. */
const PAGE = '100';

/** What to read beyond lists. */
export interface WorldQuestion {
  /** Undefined: all. */
  readonly scopes: readonly Scope[] | undefined;
  /** Whether the identity of a client is needed, which costs a request. */
  readonly needsIdentity: (key: string) => boolean;
}

/**
 * Reads the clients of connected registries. Pages of the API are not of one instant, so a client that is added or
 * removed in the meantime may be in them or not; a plan is compared with the world once more before it is carried out.
 */
export async function readFleetWorld(api: Api, question: WorldQuestion): Promise<ClientFacts[]> {
  const { scopes, needsIdentity } = question;
  const views = (await listed(api, scopes)).filter((view) => scopes === undefined || scopes.some(isScopeOf(view)));
  // Clients with equal rights share a scope map, which is read once.
  const maps = new Map<string, readonly string[]>();
  const whole = new Map<string, ClientView | 'gone'>();
  let asked = views.map(({ key }) => key).filter(needsIdentity);
  do {
    await eachOf(asked, async (key) => {
      const answer = await readWhole(api, key);
      whole.set(key, answer);
      if (answer !== 'gone') maps.set(mapKey(answer), answer.scopeMap.actions);
    });
    // One that has gone, or has another scope map by now, says nothing of the map: the next one is asked.
    const unread = views.filter((view) => isCut(view) && !maps.has(mapKey(view)) && !whole.has(view.key));
    asked = [...new Map(unread.map((view) => [mapKey(view), view.key])).values()];
  } while (asked.length > 0);
  return views.flatMap((view) => {
    const own = whole.get(view.key);
    if (own === 'gone') return [];
    // A client that was read for its scope map alone counts as its list has it: who is read for a map depends on who
    // else has that map.
    if (own && needsIdentity(view.key)) return [factsOf(own, true)];
    const actions = isCut(view) ? maps.get(mapKey(view)) : undefined;
    return [factsOf(actions === undefined ? view : { ...view, scopeMap: { ...view.scopeMap, actions } }, false)];
  });
}

/**
 * A client that was offboarded since it was listed is gone; a device of it that stays enrolled changes nothing in that.
 */
async function readWhole(api: Api, key: string): Promise<ClientView | 'gone'> {
  const answer = await routes.client(api, key).catch((error: unknown) => {
    if (error instanceof ProblemError && error.problem.code === 'client-not-found') return undefined;
    throw error;
  });
  return answer === undefined || answer.state === 'absent' ? 'gone' : answer;
}

const isScopeOf =
  (view: ClientView) =>
  (scope: Scope): boolean =>
    sameName(scope.registry, view.registry) && sameName(scope.connectedRegistry, view.connectedRegistry);

const isCut = ({ scopeMap }: ClientView): boolean => scopeMap.actions.length < scopeMap.actionCount;
const mapKey = ({ registry, scopeMap }: ClientView): string => `${registry}/${scopeMap.name}`.toLowerCase();

/** All clients, or those of the one connected registry in question. */
async function listed(api: Api, scopes: readonly Scope[] | undefined): Promise<ClientView[]> {
  const [only, ...others] = scopes === undefined ? [] : scopes;
  const filter = only !== undefined && others.length === 0 ? only : {};
  const found = new Map<string, ClientView>();
  const pages = allPages((place) => routes.clients(api, { ...filter, top: PAGE, ...place }));
  for await (const page of pages) for (const client of page.clients) found.set(client.key, client);
  return [...found.values()];
}

/** Works on a few at once. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
