import { isDeepStrictEqual } from 'node:util';
import { pullManifest } from '../harness/edge.js';
import type { Operation } from '../harness/appClient.js';
import type { TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import type { SimulatorState, TokenState } from './simulatorState.js';

/**
 * What is wrong with how an onboarding ended: nothing when the client is fully onboarded (a saved password opens the
 * edge, the token has the asked rights and is bound once), or when all of ours is gone or named in what the operation
 * lists.
 *
 * @param adopted the token as it was before, when it was there, unbound and with one password of others.
 */
export async function brokenInvariants(
  it: TestStack,
  names: ClientNames,
  ended: Operation,
  state: SimulatorState,
  adopted?: TokenState,
): Promise<string[]> {
  return ended.status === 'completed'
    ? missing(it, names, ended, state, adopted)
    : leftovers(names, ended, state, adopted);
}

async function missing(
  it: TestStack,
  names: ClientNames,
  ended: Operation,
  state: SimulatorState,
  adopted: TokenState | undefined,
): Promise<string[]> {
  const { token, scopeMap, secret } = names;
  const wrong: string[] = [];
  const found = state.tokens.get(token);
  if (found?.status !== 'enabled') wrong.push(`token ${token} is ${found?.status ?? 'not there'}`);
  if (found && found.scopeMap !== scopeMap) wrong.push(`token ${token} has scope map ${found.scopeMap}`);
  const before = adopted?.passwords ?? [];
  if (found?.passwords.length !== before.length + 1)
    wrong.push(`token ${token} has ${found?.passwords.length ?? 0} passwords`);
  if (!before.every((password) => found?.passwords.some((one) => isDeepStrictEqual(one, password))))
    wrong.push(`a password of others on token ${token} was overwritten`);
  if (!state.scopeMaps.has(scopeMap)) wrong.push(`scope map ${scopeMap} is not there`);
  const bindings = state.bound.filter((name) => name === token).length;
  if (bindings !== 1) wrong.push(`token ${token} is bound ${bindings} times`);
  if ((state.secrets.get(`${secret}-candidate`) ?? []).some(({ enabled }) => enabled !== false))
    wrong.push(`secret ${secret}-candidate is still enabled`);
  if (ended.result?.secret.name !== secret)
    wrong.push(`the result names secret ${ended.result?.secret.name ?? 'none'}`);
  try {
    const login = await it.operator.login(secret);
    if (login.user !== token || login.host !== it.stack.endpoints.edge.host)
      wrong.push(`secret ${secret} is for ${login.user} at ${login.host}`);
    const pulled = await pullManifest(login, 'hello-world');
    if (pulled.status !== 200) wrong.push(`its password is refused: ${pulled.step} ${pulled.status}`);
  } catch (error) {
    wrong.push(`secret ${secret}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return wrong;
}

function leftovers(
  { token, scopeMap, secret }: ClientNames,
  ended: Operation,
  state: SimulatorState,
  adopted: TokenState | undefined,
): string[] {
  const { residue = [] } = ended.failure ?? {};
  const listed = residue.join('\n');
  const wrong: string[] = [];
  const look = (isThere: boolean, what: string, names: readonly string[]): void => {
    if (isThere && !names.some((name) => listed.includes(name))) wrong.push(`${what} is left and not listed`);
  };
  const undoings = adopted ? ['clearSlot', 'restoreTokenScopeMap'] : ['removeToken'];
  look(!isDeepStrictEqual(state.tokens.get(token), adopted), `what was done to token ${token}`, [token, ...undoings]);
  look(state.scopeMaps.has(scopeMap), `scope map ${scopeMap}`, [scopeMap]);
  look(state.bound.includes(token), `binding of ${token}`, ['unbind', token]);
  look(state.secrets.has(secret), `secret ${secret}`, ['retirePromoted']);
  look(state.secrets.has(`${secret}-candidate`), `secret ${secret}-candidate`, ['retireCandidate']);
  if (ended.status === 'rolledBack' && residue.length > 0) wrong.push('it says rolledBack, and lists residue');
  if (ended.status === 'failed' && residue.length === 0) wrong.push('it says failed, and lists no residue');
  return wrong;
}
