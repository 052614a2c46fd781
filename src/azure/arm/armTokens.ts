import type { TokenUpdateParameters } from '@azure/arm-containerregistry';
import { memberOf } from '@connected-registry/protocol/registry/armEnumerations';
import { SLOT_NAMES, type SlotName } from '@connected-registry/protocol/registry/slots';
import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';
import { orUndefined, ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName, secondsToWait } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { eachAs, POLL, type ArmCalls, type Target } from './armCalls.js';
import { toToken } from './armFacts.js';
import { isRefusedPoll } from './refusedPolls.js';
import { toServiceError } from '../calls/serviceErrors.js';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { createTokenPace, type MadeToken } from './tokenPace.js';
import { ending } from './writeEnd.js';

type TokenCalls = Pick<
  RegistryControlPlane,
  | 'getToken'
  | 'listTokens'
  | 'listTokensOf'
  | 'createToken'
  | 'setTokenScopeMap'
  | 'disableToken'
  | 'enableToken'
  | 'keepOnlySlots'
  | 'deleteToken'
  | 'generatePassword'
>;

/** Creates the calls for tokens, and for the passwords in their two slots. */
export function createArmTokens({ call, write, removal }: ArmCalls): TokenCalls {
  const paced = createTokenPace();

  /** Updates a token by PATCH: properties that the change omits stay; of the passwords only the named ones stay. */
  async function updateToken(
    operation: ServiceOperation,
    registry: string,
    name: string,
    change: (at: Target) => TokenUpdateParameters,
  ): Promise<void> {
    await write(
      operation,
      registry,
      name,
      (at) => ending(at.client.tokens.update(at.group, at.name, name, change(at), POLL)),
      (at) => at.client.tokens.get(at.group, at.name, name),
    );
  }

  return {
    getToken: async (registry, name) =>
      orUndefined(
        call('get token', registry, name, async (at) => toToken(await at.client.tokens.get(at.group, at.name, name))),
      ),

    listTokens: (registry) =>
      call('list tokens of', registry, registry, async (at) =>
        eachAs(at.client.tokens.list(at.group, at.name), toToken),
      ),

    listTokensOf: (registry, scopeMap) =>
      call('list tokens of scope map', registry, scopeMap, async (at) => {
        const names: string[] = [];
        for await (const item of at.client.tokens.list(at.group, at.name)) {
          const token = toToken(item);
          if (sameName(token.scopeMap, scopeMap)) names.push(token.name);
        }
        return names;
      }),

    createToken: async (registry, name, scopeMap) => {
      let made: MadeToken = {};
      await write(
        'create token',
        registry,
        name,
        async (at) => {
          let retryAfter: number | undefined;
          const content = { scopeMapId: at.idOf('scopeMaps', scopeMap), status: 'enabled' };
          const poller = at.client.tokens.create(at.group, at.name, name, content, {
            ...POLL,
            onResponse: ({ headers }) => {
              retryAfter = secondsToWait(Number(headers.get('retry-after') ?? Number.NaN));
            },
          });
          made = await paced(poller, () => retryAfter);
        },
        (at) => at.client.tokens.get(at.group, at.name, name),
      );
      return made;
    },

    setTokenScopeMap: (registry, name, scopeMap) =>
      updateToken('change the scope map of token', registry, name, (at) => ({
        scopeMapId: at.idOf('scopeMaps', scopeMap),
      })),

    disableToken: (registry, name) =>
      orUndefined(updateToken('disable token', registry, name, () => ({ status: 'disabled' }))),

    enableToken: (registry, name, keep) =>
      updateToken('enable token', registry, name, () => ({ status: 'enabled', credentials: keeping(keep) })),

    keepOnlySlots: (registry, name, keep) =>
      orUndefined(
        updateToken('empty a password slot of token', registry, name, () => ({ credentials: keeping(keep) })),
      ),

    deleteToken: async (registry, name) => {
      await removal(
        'delete token',
        registry,
        name,
        (at) => at.client.tokens.delete(at.group, at.name, name, POLL),
        (at) => at.client.tokens.get(at.group, at.name, name),
      );
    },

    generatePassword: (registry, token, slot, expiresAt) => {
      const generate = async (at: Target) => {
        const made = await withItsAnswer(token, () =>
          at.client.registries.generateCredentials(
            at.group,
            at.name,
            { tokenId: at.idOf('tokens', token), name: slot, expiry: expiresAt },
            POLL,
          ),
        );
        // Selected by name: the service may list both slots.
        for (const { value } of made.passwords ?? []) seenSecrets.remember(value);
        const password = made.passwords?.find((item) => memberOf(SLOT_NAMES, item.name) === slot);
        // Without its creation time the password could not be distinguished from a later one.
        if (!password?.value || !password.creationTime || !made.username)
          throw new ServiceError({
            kind: 'unavailable',
            operation: 'generate a password for token',
            resource: resourceName(token),
            detail: 'no-password',
          });
        return {
          userName: made.username,
          value: password.value,
          createdAt: password.creationTime.toISOString(),
        };
      };
      return call('generate a password for token', registry, token, generate, 'registry', 'writes');
    },
  };
}

/** The credentials of a PATCH that keeps the passwords of these slots only. */
function keeping(slots: readonly SlotName[]) {
  return { passwords: slots.map((slot) => ({ name: slot })) };
}

/**
 * Generates a password and fetches it. A password that cannot be fetched is lost; its 404 does not mean that the token
 * is gone.
 */
async function withItsAnswer<T>(token: string, generate: () => PromiseLike<T>): Promise<T> {
  const operation = 'fetch the password made for token';
  try {
    return await generate();
  } catch (error) {
    if (!isRefusedPoll(error) || toServiceError(operation, token, error).kind !== 'notFound') throw error;
    throw new ServiceError({ kind: 'unavailable', operation, resource: resourceName(token), detail: 'no-password' });
  }
}
