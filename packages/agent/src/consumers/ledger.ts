import { z } from 'zod';
import { isCandidateSecretName } from '@connected-registry/protocol/names/names';
import { ConsumerFailure } from './consumer.js';
import type { Delivery } from './consumer.js';

/** The endpoint that each secret feeds, for one consumer. Keys are names of secrets; no values are stored. */
export type Ledger = Readonly<Record<string, string>>;

/** Azure docs: key-vault/general/about-keys-secrets-certificates, "Object identifiers". */
const SECRET_NAME = /^[0-9A-Za-z-]{1,127}$/;

/**
 * Names of secrets ignore case, so two spellings are one secret. Names that are not names of main secrets are ignored:
 * the agent did not write them, and a candidate's value is not proven.
 */
const ledger = z.record(z.string(), z.string().max(512)).transform((found) =>
  Object.fromEntries(
    Object.entries(found)
      .filter(([name]) => SECRET_NAME.test(name) && !isCandidateSecretName(name))
      .map(([name, endpoint]) => [name.toLowerCase(), endpoint]),
  ),
);

/** Maximum secrets that one consumer receives. */
export const MAX_SECRETS = 500;

/** Parses a ledger. An unreadable one counts as empty, because the next write replaces it. */
export function parseLedger(text: string | undefined): Ledger {
  try {
    return ledger.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

/**
 * Returns the ledger with this delivery, or the same one if it is already there; undefined if another secret has the
 * endpoint. An endpoint belongs to the secret that was promoted last, so that two secrets do not replace each other at
 * every refresh.
 * @throws ConsumerFailure
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
  if (kept.length >= MAX_SECRETS) throw new ConsumerFailure(`it has the maximum of ${MAX_SECRETS} secrets`);
  return Object.fromEntries([...kept, [secret, endpoint]]);
}
