import { z } from 'zod';
import { SLOT_NAMES } from '../registry/slots.js';
import { ACTIVATION_STATUSES, CONNECTED_REGISTRY_MODES, CONNECTION_STATES } from '../registry/armEnumerations.js';
import { OPERATION_KINDS, operationStatus } from './answers.js';
import { CLIENT_STATES, clientState, DIFFERENCE_CODES } from './clientAnswers.js';
import { FAILURE_CODES } from './codes.js';
import { rollout } from './rolloutAnswers.js';

/*
 * Schemas of the answers of `GET /api/overview` and `GET /api/inventory`, which come from a snapshot of the fleet.
 * Import types only (see answers.ts).
 */

const instant = z.iso.datetime();
const count = z.int().min(0);

/** Why a part of the snapshot is older than it should be. */
const SNAPSHOT_PROBLEMS = ['clients-not-read', 'runs-not-read'] as const;

export const snapshotProblem = z
  .object({
    code: z
      .enum(SNAPSHOT_PROBLEMS)
      .describe(
        '`clients-not-read`: Key Vault or Azure Resource Manager did not answer as expected; `runs-not-read`: the durable engine did not',
      ),
    since: instant.describe('when the first of the failed attempts began'),
    message: z.string().describe('what failed, on which resource'),
  })
  .readonly()
  .describe('Why a part of the snapshot is old: its last reading failed, so the one before is shown.');
export type SnapshotProblem = z.infer<typeof snapshotProblem>;

export const fleetConnectedRegistry = z
  .object({
    registry: z.string(),
    name: z.string(),
    parent: z
      .string()
      .describe('the connected registry that it syncs from; absent if it syncs from the registry in the cloud')
      .exactOptional(),
    path: z
      .array(z.string())
      .readonly()
      .describe('the connected registries through which it syncs, from the cloud on; its own name is the last'),
    mode: z.enum(CONNECTED_REGISTRY_MODES).describe('absent if it is unknown').exactOptional(),
    connectionState: z.enum(CONNECTION_STATES).describe('absent if it is unknown').exactOptional(),
    activation: z.enum(ACTIVATION_STATUSES).describe('absent if it is unknown').exactOptional(),
    loginServer: z.string().describe('host:port at which clients reach it').exactOptional(),
    schedule: z.string().describe('cron expression of its syncs in UTC; absent: always online').exactOptional(),
    syncWindow: z.string().describe('how long each sync lasts: an ISO 8601 duration').exactOptional(),
    lastSync: instant.exactOptional(),
    nextSync: instant.describe('absent if its schedule is unreadable').exactOptional(),
    clients: count.describe('client tokens that are bound to it, also those that this app did not make'),
    cap: count.describe('maximum client tokens'),
    repositories: z
      .array(z.string())
      .readonly()
      .describe(
        'repositories that its sync token may read, the first hundred; absent if it has no sync token, or the token or its scope map was not found',
      )
      .exactOptional(),
    repositoryCount: count.exactOptional(),
  })
  .readonly()
  .describe('A connected registry of the fleet.');
export type FleetConnectedRegistry = z.infer<typeof fleetConnectedRegistry>;

export const overview = z
  .object({
    asOf: instant.describe('when the clients and connected registries were read: the start of the reading'),
    ageSeconds: count.describe('seconds since `asOf`, by the clock of the app'),
    inventory: z
      .string()
      .describe(
        'changes whenever an answer of `GET /api/inventory` may have changed: until then there is no need to ask',
      ),
    inventoryPages: z
      .array(z.string())
      .readonly()
      .describe(
        'the ETag of each page of `GET /api/inventory` without parameters, in the order of the pages: there is no need to ask for one that is known; absent from apps that do not name them',
      )
      // A newer crctl reads the answers of older apps.
      .exactOptional(),
    problems: z.array(snapshotProblem).readonly().describe('empty if all was read lately'),
    clients: z
      .object({
        total: count,
        byState: z
          .object(
            Object.fromEntries(CLIENT_STATES.map((state) => [state, count])) as Record<ClientStateName, typeof count>,
          )
          .readonly(),
        expiring: z
          .object({ within7Days: count, within14Days: count, within30Days: count })
          .readonly()
          .describe('clients whose credential expires in the next days; each number includes the one before'),
        rotationDue: count.describe('clients whose rotation is due, by age alone'),
      })
      .readonly(),
    runs: z
      .object({
        asOf: instant.describe('when the runs and rollouts were read'),
        ageSeconds: count,
        inProgress: z
          .object(
            Object.fromEntries(OPERATION_KINDS.map((kind) => [kind, count])) as Record<OperationKindName, typeof count>,
          )
          .readonly()
          .describe('runs that have not ended, by kind; also those that wait for another run of their client'),
        failures: z
          .object({
            since: instant.describe('a day before `asOf`'),
            total: count,
            byCode: z.partialRecord(z.enum(FAILURE_CODES), z.int().min(1)),
          })
          .readonly()
          .describe('runs that failed since then, and that no later run of their client has replaced'),
      })
      .readonly(),
    rollouts: z.array(rollout).readonly().describe('rollouts that have not ended, the newest first; at most 20'),
    connectedRegistries: z.array(fleetConnectedRegistry).readonly().describe('by registry and name'),
    freezes: z
      .array(z.object({ from: instant, until: instant }).readonly())
      .readonly()
      .describe('times of the next 35 days in which no rotation begins, by the settings; adjacent ones are joined'),
  })
  .readonly()
  .describe('The fleet in numbers, from a snapshot. Times are ISO 8601, UTC.');
type ClientStateName = (typeof CLIENT_STATES)[number];
type OperationKindName = (typeof OPERATION_KINDS)[number];
/** The answer of `GET /api/overview`. */
export type Overview = z.infer<typeof overview>;

export const lastRun = z
  .object({
    operation: z.string().describe('its id, for `GET /api/operations/{id}`'),
    kind: z.enum(OPERATION_KINDS),
    status: operationStatus,
    code: z.enum(FAILURE_CODES).describe('why it failed').exactOptional(),
    startedAt: instant.describe('when it was requested'),
    endedAt: instant.exactOptional(),
  })
  .readonly()
  .describe('The last run of a client that the engine still has: the one in progress, if there is one.');
export type LastRun = z.infer<typeof lastRun>;

export const inventoryRow = z
  .object({
    key: z.string().describe("the client's key in paths and operation ids"),
    registry: z.string(),
    connectedRegistry: z.string(),
    client: z.string(),
    state: clientState,
    differences: z.array(z.enum(DIFFERENCE_CODES)).readonly().describe('codes; `GET /api/clients/{key}` says more'),
    slot: z.enum(SLOT_NAMES).describe("the token's password that the secret holds"),
    issuedAt: instant.describe('when that password was created'),
    verifiedAt: instant.describe('the last verified pull').exactOptional(),
    expiresOn: instant,
    rotationDueAt: instant.describe(
      'when a sweep rotates it by age, spread included. An event or a failed attempt may change that: `GET /api/rotations/schedule` includes them',
    ),
    revokes: z
      .object({ slot: z.enum(SLOT_NAMES), from: instant })
      .readonly()
      .describe('the previous password, and when it is revoked; earlier if the device acknowledges')
      .exactOptional(),
    lastRun: lastRun.exactOptional(),
  })
  .readonly()
  .describe('A client that has a credential, in brief.');
export type InventoryRow = z.infer<typeof inventoryRow>;

export const inventoryPage = z
  .object({
    asOf: instant.describe('when the clients were read; `Age` has the present age, also in a 304 answer'),
    total: count.describe('number of clients that the filters select, on all pages'),
    clients: z.array(inventoryRow).readonly().describe('in the order of their keys'),
    continuation: z.string().describe('for the next page; absent on the last').exactOptional(),
  })
  .readonly()
  .describe('A page of the clients, from a snapshot.');
/** The answer of `GET /api/inventory`. */
export type InventoryPage = z.infer<typeof inventoryPage>;
