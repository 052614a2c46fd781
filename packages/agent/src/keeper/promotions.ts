import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { asPullFailure } from '../pullFailure.js';
import type { PullFailure } from '../pullFailure.js';
import type { Acknowledgeable } from '../reporter.js';
import { requireOwner } from '../secrets/owner.js';
import type { SecretValue } from '../secrets/vault.js';

/**
 * Returns the promotions of the secret's own client.
 * @throws PullFailure if there are only promotions of other clients
 */
export function promotionsOf(
  { tags }: SecretValue,
  asked: readonly CredentialPromoted[],
): readonly CredentialPromoted[] {
  let failure: PullFailure | undefined;
  const own = asked.filter((promotion) => {
    try {
      requireOwner(tags, promotion);
      return true;
    } catch (error) {
      failure = asPullFailure(error);
      return false;
    }
  });
  if (own.length === 0 && failure) throw failure;
  return own;
}

/** Whether a promotion has what an acknowledgement needs. */
export function isAcknowledgeable(promotion: CredentialPromoted): promotion is Acknowledgeable {
  return promotion.keyId !== undefined && promotion.reportKey !== undefined && promotion.expiresAt !== undefined;
}
