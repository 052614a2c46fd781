import { z } from 'zod';
import type { ApiReply } from '../../http/message.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { caseless } from '../../http/caseless.js';
import type { StoredPassword } from '../../state/registryState.js';
import { armBody, armRoute, registryOf } from '../armRoute.js';
import { badRequest, conflict, resourceNotFound } from '../errors.js';
import { generationOf } from '../generations.js';
import { childId, childNameOf, REGISTRY_PATH, registryId } from '../ids.js';
import { isExpired, makePassword, refill } from './passwords.js';
import { armTime } from '../timestamps.js';
import { locationReply } from '../longRunning/writeReply.js';
import { orUndefined } from '../../http/orUndefined.js';

const body = z.object({
  tokenId: z.string().min(1),
  name: caseless(SLOT_NAMES).nullish().transform(orUndefined),
  expiry: z.iso.datetime({ offset: true }).nullish().transform(orUndefined),
});

/**
 * Creates new passwords of a token: in the named slot, or in both if none is named. Their values are only in this
 * answer. Every call creates new ones.
 */
export function generateCredentialsRoute(plane: Plane): Route {
  return armRoute(plane, {
    method: 'POST',
    path: `${REGISTRY_PATH}/generateCredentials`,
    action: 'Microsoft.ContainerRegistry/registries/generateCredentials/action',
    family: 'registries/tokens',
    handle: (call) => generate(plane, call),
  });
}

function generate(plane: Plane, call: Call): ApiReply {
  const registry = registryOf(plane, call);
  const { tokenId, name, expiry } = armBody(call, body);
  const tokenName = childNameOf(plane.arm, registry, 'tokens', tokenId);
  if (tokenName === undefined) throw badRequest('InvalidTokenId', `The token id '${tokenId}' is invalid.`, 'tokenId');
  const token = registry.tokens.get(tokenName);
  if (!token) throw resourceNotFound(tokenId);
  const id = childId(plane.arm, registry, 'tokens', token.name);
  if (plane.operations.provisioningState(id) !== 'Succeeded') {
    throw conflict('TokenNotActive', `The token '${token.name}' is not active yet. Try again in a few seconds.`);
  }
  const generation = generationOf(registry);
  const now = plane.clock.now();
  const until = expiry === undefined ? undefined : new Date(expiry).toISOString();
  if (isExpired(until, now)) throw badRequest('InvalidExpiry', 'The expiry must be a time in the future.', 'expiry');

  const values = new Map(
    (name === undefined ? SLOT_NAMES : [name]).map((slot) => [slot, makePassword(generation.passwordLength)]),
  );
  const passwords: StoredPassword[] = [];
  for (const slot of SLOT_NAMES) {
    const before = token.passwords.find((one) => one.name === slot);
    const value = values.get(slot);
    if (value !== undefined) passwords.push(refill(slot, before, value, until, now, plane.settings.replicationSeconds));
    else if (before) passwords.push(before);
  }
  registry.tokens.set({ ...token, passwords });

  const result = {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      username: token.name,
      passwords: passwords
        .filter((one) => values.has(one.name))
        .map((one) => ({
          creationTime: armTime(one.creationTime),
          ...(one.expiry === undefined ? {} : { expiry: armTime(one.expiry) }),
          name: one.name,
          value: values.get(one.name),
        })),
    },
  };
  if (!plane.settings.credentialsLater && plane.settings.asynchronousWrites === 'recorded') return result;
  // In 64 of 64 recordings the answer was immediate; the published examples also have a 202, polled below the registry.
  const within = registryId(plane.arm, registry);
  return locationReply(plane, call, {
    resource: `${within}/generateCredentials/${token.name}`,
    within,
    prefix: 'registries',
    kind: 'generateCredentials',
    signed: generation.signsOperations,
    polledBelow: `${within}/operationStatuses`,
    busy: 'Updating',
    result,
  });
}
