import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { rolloutBody, rolloutDefaults, rolloutRow } from '@connected-registry/protocol/requests/rolloutRequest';
import { z } from 'zod';

/** The form of fleet files and of plans. A change that older files do not survive gets another one. */
export const API_VERSION = 'connected-registry-onboarding/v1';

/** The required form of each field: shown as the fix of a fault, and by editors. */
export const FLEET_FIELDS = {
  apiVersion: `always ${API_VERSION}`,
  kind: 'always Fleet',
  rollout: 'an object {waves?, failureLimit?, freezeWindows?}: how changes are rolled out, as in docs/rollouts.md',
  defaults: 'an object with fields that apply to each client that does not have them itself',
  connectedRegistries:
    'an object with at least one connected registry: NAME or REGISTRY/NAME, each with clients and perhaps defaults',
  clients: 'a list of clients, each an id or an object with client and other fields; or {csv: FILE}',
  csv: 'a CSV file in or below the folder of the fleet file',
} as const;

/**
 * Fields that describe a client. Fields of a request that ask for an action once (recheck, replaceSlot) are left out.
 */
const FIELDS = {
  repositories: true,
  scopeMap: true,
  image: true,
  credentialLifetimeDays: true,
  endpoint: true,
  restoreScopeMap: true,
} as const;

/** A client with fields of its own. */
export const fleetClient = rolloutRow.pick({ client: true, ...FIELDS, token: true, identity: true, adopt: true });
export const clientDefaults = rolloutDefaults.pick(FIELDS).describe(FLEET_FIELDS.defaults);

const fleetDefaults = rolloutDefaults.pick({ registry: true, ...FIELDS }).describe(FLEET_FIELDS.defaults);

/** What is wrong with a client that is neither. */
export const CLIENT_FORM = 'must be the id of a client or an object';

const clientText = fleetClient.shape.client;

const clients = z
  .union(
    [
      z.array(z.union([clientText, fleetClient], CLIENT_FORM)),
      z.strictObject({
        csv: z
          .string('must be a text')
          .regex(/^(?![/\\]|[A-Za-z]:)(?!.*(?:^|[/\\])\.\.(?:[/\\]|$)).+\.csv$/i, 'is not such a file')
          .describe(FLEET_FIELDS.csv),
      }),
    ],
    'must be a list of clients, or an object with csv',
  )
  .describe(FLEET_FIELDS.clients);

const connectedRegistry = z.strictObject({ defaults: clientDefaults.optional(), clients }, 'must be an object');

/** `NAME` or `REGISTRY/NAME`. */
const place = NAME_RULES.connectedRegistry.source.slice(1, -1);
const connectedRegistryKey = z
  .string()
  .regex(new RegExp(`^(?:${NAME_RULES.registry.source.slice(1, -1)}/)?${place}$`), 'is not a valid name');

const { waves, failureLimit, freezeWindows } = rolloutBody.shape;

/** A fleet file: which clients each connected registry is to have. */
export const fleetFile = z
  .strictObject(
    {
      apiVersion: z.literal(API_VERSION, `must be ${API_VERSION}`).describe(FLEET_FIELDS.apiVersion),
      kind: z.literal('Fleet', 'must be Fleet').describe(FLEET_FIELDS.kind),
      rollout: z.strictObject({ waves, failureLimit, freezeWindows }).describe(FLEET_FIELDS.rollout).optional(),
      defaults: fleetDefaults.optional(),
      connectedRegistries: z
        .record(connectedRegistryKey, connectedRegistry, 'must be an object')
        .refine((value) => Object.keys(value).length > 0, 'must name at least one connected registry')
        .meta({ minProperties: 1 })
        .describe(FLEET_FIELDS.connectedRegistries),
    },
    'must be an object',
  )
  .describe('The clients that the connected registries of a fleet are to have.');
export type FleetFile = z.infer<typeof fleetFile>;
export type FleetClient = z.infer<typeof fleetClient>;
export type ClientDefaults = z.infer<typeof clientDefaults>;
