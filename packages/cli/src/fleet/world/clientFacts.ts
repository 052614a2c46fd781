import type { ClientState, ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import { shortHash, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';

/** What the API says about a client, as far as a plan depends on it. */
export interface ClientFacts {
  readonly key: string;
  readonly reference: ClientReference;
  readonly state: ClientState;
  /** Codes of differences from its setup, sorted. */
  readonly differences: readonly string[];
  readonly token: string;
  readonly scopeMap: string;
  /** All that its scope map grants; undefined if only a part of it is known. */
  readonly actions: readonly string[] | undefined;
  /** host:port; undefined if it is not known. */
  readonly endpoint: string | undefined;
  /** Lifetime of its credential. */
  readonly lifetimeDays: number;
  /** Undefined if it was not read: lists do not have it. */
  readonly identity: DeviceIdentity | 'none' | undefined;
  /** Of its last pull, if it has been recorded. */
  readonly image: string | undefined;
  /** The operation in progress that explains its differences. */
  readonly running: string | undefined;
}

const DAY = 86_400_000;

/** @param isWhole whether the view is that of one client, which has more than a list */
export function factsOf(view: ClientView, isWhole: boolean): ClientFacts {
  const { key, registry, connectedRegistry, client, state, scopeMap, identity } = view;
  return {
    key,
    reference: { registry, connectedRegistry, client },
    state,
    differences: [...new Set(view.differences.map(({ code }) => code))].sort(),
    token: view.token,
    scopeMap: scopeMap.name,
    actions: scopeMap.actions.length === scopeMap.actionCount ? [...scopeMap.actions].sort() : undefined,
    endpoint: view.endpoint,
    // As the app computes the lifetime that a rotation keeps.
    lifetimeDays: Math.max(1, Math.round((Date.parse(view.expiresOn) - Date.parse(view.issuedAt)) / DAY)),
    identity: isWhole ? (identity === undefined ? 'none' : identity) : undefined,
    image: view.pull?.image,
    running: view.running,
  };
}

/**
 * A fingerprint of what a plan depends on: 16 hexadecimal digits. That a credential grows older, or is rotated, is no
 * change.
 */
export function seenHash(facts: ClientFacts): string {
  const { key, state, differences, token, scopeMap, actions, endpoint, lifetimeDays, identity } = facts;
  const isWorking = state === 'ok' || state === 'expiring';
  return shortHash(
    [
      key,
      isWorking ? 'ok' : state,
      differences,
      token.toLowerCase(),
      scopeMap.toLowerCase(),
      actions === undefined ? 'unknown' : actions,
      endpoint === undefined ? 'unknown' : endpoint,
      lifetimeDays,
      identity === undefined ? 'unread' : identity,
    ],
    16,
  );
}

/**
 * A fingerprint of what a later rollout of a plan depends on. Earlier rollouts may have restored a scope map that the
 * client shares, so rights and differences are no part of it. A removal does not depend on an operation in progress
 * either, such as a rotation.
 */
export function laterHash(facts: ClientFacts, kind: 'onboard' | 'offboard'): string {
  const { state } = facts;
  const isLeftOut = kind === 'offboard' ? state !== 'revoked' : state === 'drifted';
  return seenHash({ ...facts, state: isLeftOut ? 'ok' : state, differences: [], actions: undefined });
}
