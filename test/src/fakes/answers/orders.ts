import type {
  IssueCredentialsInput,
  IssuedCredential,
} from '../../../../src/activities/credentials/issueCredentials.js';
import type { PromoteInput } from '../../../../src/activities/credentials/promote.js';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { DIGEST } from '../worlds/onboardScript.js';
import { EDGE_HOST, onboarding, RUN } from './requests.js';

/** What the flow orders for the default request. */
export function reference() {
  return referenceOf(onboarding());
}

export function issueOrder(changes: Partial<IssueCredentialsInput> = {}): IssueCredentialsInput {
  const { token, scopeMap } = onboarding();
  return {
    vaultHost: undefined,
    reference: reference(),
    token,
    scopeMap,
    slot: 'password1',
    endpoint: EDGE_HOST,
    expiresOn: '2026-05-30T12:00:00.000Z',
    run: RUN,
    attempt: 1,
    made: { scopeMap: true, token: true },
    ...changes,
  };
}

export const PULL = {
  image: 'hello-world:latest',
  digest: DIGEST,
  bytes: 2000,
  milliseconds: 40,
  verifiedAt: '2026-03-01T12:01:00.000Z',
} as const;

export function promoteOrder(credential: IssuedCredential, changes: Partial<PromoteInput> = {}): PromoteInput {
  const { token, scopeMap } = onboarding();
  const made = { scopeMap: true, token: true };
  const order = { vaultHost: undefined, reference: reference(), run: RUN, attempt: 1 };
  return { ...order, token, scopeMap, credential, made, pull: PULL, ...changes };
}
