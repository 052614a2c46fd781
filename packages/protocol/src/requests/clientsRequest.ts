import { z } from 'zod';
import type { OperationKind } from '../answers/answers.js';
import { clientKey, shortHash, type ClientReference } from '../names/clientKey.js';
import { NAME_RULES } from '../names/names.js';
import { ONBOARDING_FIELDS } from './onboardingRequest.js';

/** Maximum clients in one request. */
export const MAX_CLIENTS = 100;

/**
 * The required form of each field: shown as the fix of an invalid request, and as the field's description in the API.
 */
export const CLIENTS_FIELDS = {
  clients: `a list of 1 to ${MAX_CLIENTS} different clients {connectedRegistry, client, registry?}`,
  connectedRegistry: ONBOARDING_FIELDS.connectedRegistry,
  client: ONBOARDING_FIELDS.client,
  registry: ONBOARDING_FIELDS.registry,
  dryRun: ONBOARDING_FIELDS.dryRun,
} as const;

const named = (rule: RegExp, field: keyof typeof CLIENTS_FIELDS) =>
  z.string('must be a text').regex(rule, 'is not a valid name').describe(CLIENTS_FIELDS[field]);

export const clientName = z
  .strictObject({
    registry: named(NAME_RULES.registry, 'registry').optional(),
    connectedRegistry: named(NAME_RULES.connectedRegistry, 'connectedRegistry'),
    client: named(NAME_RULES.client, 'client'),
  })
  .describe('One client of a connected registry.');
type ClientName = z.infer<typeof clientName>;

/** The field `clients` of every body that names several clients. */
export const clientNames = z
  .array(clientName)
  .min(1, 'must name at least one client')
  .max(MAX_CLIENTS, `must name at most ${MAX_CLIENTS} clients`)
  .describe(CLIENTS_FIELDS.clients)
  .check(({ value, issues }) => {
    if (issues.length > 0) return;
    const seen = new Set<string>();
    value.forEach((item, index) => {
      const key = clientKey(toReference(item, ''));
      if (seen.has(key)) issues.push({ code: 'custom', path: [index], input: item, message: 'is named twice' });
      seen.add(key);
    });
  });

const dryRun = z.boolean('must be true or false').describe(CLIENTS_FIELDS.dryRun).optional();

/** Body of `POST /api/offboardings`. */
export const offboardingBody = z.strictObject({ clients: clientNames, dryRun });

/** Body of `POST /api/revocations`. */
export const revocationBody = z.strictObject({ clients: clientNames, dryRun });

/** A fingerprint that is equal for runs of one kind about the same client without further parameters. */
export function clientFingerprint(kind: OperationKind, client: ClientReference): string {
  return shortHash([kind, clientKey(client)], 32);
}

/**
 * Fills in the default registry.
 * @param defaultRegistry name of the first configured registry
 */
export function toReference(
  { registry, connectedRegistry, client }: ClientName,
  defaultRegistry: string,
): ClientReference {
  return { registry: registry ?? defaultRegistry, connectedRegistry, client };
}
