import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import { requestedRepositories } from '@connected-registry/protocol/names/repositoryActions';
import { DAY } from '../../format/times.js';

/**
 * The onboarding that asks for what a client has, and for a new pull check.
 *
 * @returns undefined if its rights are not all known, or no request can ask for them
 */
export function recheckBody(view: ClientView): Readonly<Record<string, unknown>> | undefined {
  const { registry, connectedRegistry, client, token, scopeMap, endpoint, identity, issuedAt, expiresOn, pull } = view;
  if (scopeMap.actions.length !== scopeMap.actionCount) return undefined;
  const repositories = requestedRepositories(scopeMap.actions);
  if (repositories === undefined) return undefined;
  // As the app computes the lifetime that a rotation keeps.
  const days = Math.max(1, Math.round((Date.parse(expiresOn) - Date.parse(issuedAt)) / DAY));
  return {
    registry,
    connectedRegistry,
    client,
    repositories,
    scopeMap: scopeMap.name,
    token,
    credentialLifetimeDays: days,
    recheck: true,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(identity === undefined ? {} : { identity }),
    ...(pull === undefined ? {} : { image: pull.image }),
  };
}
