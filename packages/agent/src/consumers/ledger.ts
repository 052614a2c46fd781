import { z } from 'zod';
import { isCandidateSecretName } from '@connected-registry/protocol/names/names';
import { ConsumerFailure } from './consumer.js';
import type { Delivery } from './consumer.js';

/** Which secret feeds which endpoint of one consumer: names only, by the secret's name. */
export type Ledger = Readonly<Record<string, string>>;

/** Azure docs: key-vault/general/about-keys-secrets-certificates, "Object identifiers". */
const SECRET_NAME = /^[0-9A-Za-z-]{1,127}$/;

/**
 * A vault's names have no case, so that two spellings of one are one secret. What no main secret is called is passed over: it is
 * not the agent that has written it, and a candidate's value has not been proven.
 */
const ledger = z.record(z.string(), z.string().max(512)).transform((found) =>
  Object.fromEntries(
    Object.entries(found)
      .filter(([name]) => SECRET_NAME.test(name) && !isCandidateSecretName(name))
      .map(([name, endpoint]) => [name.toLowerCase(), endpoint]),
  ),
);

/** Most secrets that one consumer is fed from. */
export const MAX_SECRETS = 500;

/** Reads a ledger; one that cannot be read counts as empty, since the next write makes it anew. */
export function parseLedger(text: string | undefined): Ledger {
  try {
    return ledger.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

/**
 * The ledger with this delivery in it, or the same one when it was there; undefined when another secret has the endpoint. An
 * endpoint has one secret, the one that was promoted last, so that two do not replace each other at every refresh. Throws
 * {@link ConsumerFailure}.
 */
export function withDelivery(
  before: Ledger,
  { secret: named, credentials: { endpoint }, takeOver }: Delivery,
): Ledger | undefined {
  const secret = named.toLowerCase();
  const holders = Object.keys(before).filter((name) => name !== secret && before[name] === endpoint);
  if (holders.length > 0 && !takeOver) return undefined;
  if (before[secret] === endpoint && holders.length === 0) return before;
  const kept = Object.entries(before).filter(([name]) => name !== secret && !holders.includes(name));
  if (kept.length >= MAX_SECRETS) throw new ConsumerFailure(`it is fed from ${MAX_SECRETS} secrets already`);
  return Object.fromEntries([...kept, [secret, endpoint]]);
}
