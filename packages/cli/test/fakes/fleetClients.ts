import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { sameActions, toActions } from '@connected-registry/protocol/names/permissions';
import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { toOnboarding, type Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import { CLIENT } from './answers.js';

/* Clients and tokens of the fake app, and what it says about them. */

export const LOGIN_SERVER = 'edge.example.org:443';
const START = Date.parse('2026-11-01T00:00:00Z');

/** A client as the fake keeps it. */
export interface FakeClient extends ClientReference {
  readonly state: ClientView['state'];
  readonly differences: ClientView['differences'];
  readonly actions: readonly string[];
  readonly scopeMap: string;
  readonly token: string;
  readonly endpoint?: string;
  readonly lifetimeDays: number;
  readonly identity?: DeviceIdentity;
  readonly running?: string;
}

/** An onboarded client without faults. @param fields of its request */
export function fakeClient(reference: ClientReference, fields: object = { repositories: ['hello-world'] }): FakeClient {
  return onboarded(toOnboarding(onboardingRow.parse({ ...reference, ...fields }), reference.registry), undefined);
}

export function onboarded(request: Onboarding, before: FakeClient | undefined): FakeClient {
  const identity = request.identity === undefined ? before?.identity : request.identity;
  return {
    ...referenceOf(request),
    state: 'ok',
    differences: [],
    actions: toActions(request.permissions),
    scopeMap: request.scopeMap,
    token: request.token,
    endpoint: request.endpoint === undefined ? LOGIN_SERVER : request.endpoint.toLowerCase(),
    // A credential that is kept keeps its lifetime.
    lifetimeDays:
      before === undefined || before.state === 'expired' ? request.credentialLifetimeDays : before.lifetimeDays,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** A token that somebody made by hand, with one password that works. */
export function fakeToken(
  reference: { readonly registry: string; readonly connectedRegistry: string },
  token: string,
  more: Partial<UnmanagedToken> = {},
): UnmanagedToken {
  return {
    registry: reference.registry,
    connectedRegistry: reference.connectedRegistry,
    token,
    state: 'unmanaged',
    isEnabled: true,
    createdAt: new Date(START).toISOString(),
    passwords: [{ slot: 'password1', createdAt: new Date(START).toISOString(), works: true }],
    freeSlot: 'password2',
    scopeMap: { name: 'by-hand', rights: 'read', actions: ['repositories/hello-world/content/read'] },
    lastUse: 'unknown',
    ...more,
  };
}

export function workingIn({
  passwords,
  freeSlot,
}: UnmanagedToken): Pick<NonNullable<RolloutClient['adopts']>, 'working'> {
  const working = passwords.filter(({ slot, works }) => works && slot !== freeSlot).map(({ slot }) => slot);
  return working.length > 0 ? { working } : {};
}

export function reasonsOf(
  problems: readonly string[],
  request: ClientReference | Onboarding,
): Pick<RolloutClient, 'reasons'> {
  const about = 'scopeMap' in request ? request.scopeMap : request.client;
  return {
    reasons: problems.map((code) => ({
      code,
      message: `${about} is not as it must be.`,
      fix: `az mend ${about}\naz look`,
    })),
  };
}

/** Differences that an onboarding does not touch. */
const UNTOUCHED: readonly string[] = ['access-foreign'];

export function writesBetween(before: FakeClient, after: FakeClient, request: Onboarding): string[] {
  const mends = before.differences.some(({ code }) => !UNTOUCHED.includes(code));
  return [
    ...(['orphaned', 'expired', 'unbound'].includes(before.state) || mends ? [`mend ${before.state}`] : []),
    ...(before.scopeMap === after.scopeMap ? [] : [`move token to ${after.scopeMap}`]),
    ...(sameActions(before.actions, after.actions) ? [] : [`rights of ${after.scopeMap}`]),
    ...(before.token === after.token ? [] : [`create token ${after.token}`]),
    ...(before.endpoint === after.endpoint ? [] : [`credential for ${after.endpoint}`]),
    ...(request.identity === undefined || before.identity?.principalId === request.identity.principalId
      ? []
      : [`access of ${request.identity.principalId}`]),
  ];
}

export function viewOf(client: FakeClient, maxActions: number): ClientView {
  const { state, differences, actions, scopeMap, token, endpoint, lifetimeDays, running } = client;
  const key = clientKey(client);
  const { endpoint: _endpoint, ...base } = CLIENT;
  return {
    ...base,
    ...referenceOf(client),
    key,
    state,
    differences,
    token,
    scopeMap: { name: scopeMap, actions: actions.slice(0, maxActions), actionCount: actions.length },
    issuedAt: new Date(START).toISOString(),
    expiresOn: new Date(START + lifetimeDays * 86_400_000).toISOString(),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(running === undefined ? {} : { running }),
    secret: { name: key, isEnabled: state !== 'revoked' },
  };
}
