import { z } from 'zod';
import { SLOT_NAMES } from '../registry/slots.js';
import { checkWarning } from './clientAnswers.js';
import { ROLLOUT_KINDS } from '../requests/rolloutRequest.js';

/* Schemas of the answers about rollouts. Import types only (see answers.ts). */

const instant = z.iso.datetime();
const count = z.int().min(0);

export const ROLLOUT_STATUSES = [
  'opening',
  'refused',
  'running',
  'paused',
  'stopped',
  'completed',
  'cancelled',
] as const;
export const ROLLOUT_ROW_STATES = ['waiting', 'running', 'completed', 'failed', 'cancelled', 'planned'] as const;

const rowCounts = z
  .object(Object.fromEntries(ROLLOUT_ROW_STATES.map((state) => [state, count])) as Record<RowState, typeof count>)
  .readonly()
  .describe(
    'clients by state. `waiting`: not started; `running`; `completed`; `failed`; `cancelled`: its operation was cancelled, or the rollout before it was started; `planned`: by a dry run',
  );
type RowState = (typeof ROLLOUT_ROW_STATES)[number];

export const rollout = z
  .object({
    id: z.string(),
    name: z.string().exactOptional(),
    kind: z.enum(ROLLOUT_KINDS),
    status: z
      .enum(ROLLOUT_STATUSES)
      .describe(
        '`opening`: its clients are being claimed; `refused`: a client is in another open rollout; `running`, also while it waits, see `reason`; `paused`; `stopped`: the rollout itself failed, and `resume` starts it again; `completed`: all clients have ended, in any way; `cancelled`',
      ),
    reason: z
      .enum(['operator', 'failure-limit', 'fault', 'start-time', 'freeze-window', 'between-waves'])
      .describe('why it is paused, stopped or waits')
      .exactOptional(),
    waitsUntil: instant.describe('until when it waits, if that is known').exactOptional(),
    dryRun: z.boolean().describe('true if it only plans each client'),
    requestedBy: z.string().describe('who requested it, as in the audit log'),
    requestedAt: instant,
    startedAt: instant.exactOptional(),
    endedAt: instant.exactOptional(),
    rows: count.describe('number of clients'),
    counts: rowCounts,
    failures: z.record(z.string(), count).readonly().describe('failed clients by code'),
    wave: z
      .object({
        current: count.describe('the wave in progress, from 1'),
        of: count.describe('number of waves'),
        rows: count.describe('clients in the wave in progress'),
        first: count.describe('clients in the first wave').exactOptional(),
        size: count.describe('clients in each other wave; the last may have fewer').exactOptional(),
      })
      .readonly(),
    ratePerMinute: z
      .number()
      .min(0)
      .describe('clients that ended in a minute, lately; absent before it is known')
      .exactOptional(),
    secondsLeft: z
      .number()
      .min(0)
      .describe('estimated seconds until all clients have ended; absent if nobody can know')
      .exactOptional(),
    writes: z
      .object({
        needed: z
          .number()
          .min(0)
          .describe(
            'estimated writes to Azure Resource Manager that all clients need, of which many share a scope map and writes of the client list; a few clients need some more',
          ),
        done: z.number().min(0).describe('estimated part of them that is done'),
      })
      .readonly(),
    floor: z
      .object({
        seconds: z
          .number()
          .min(0)
          .describe('the shortest time in which Azure Resource Manager accepts the writes that are done'),
        ratio: z
          .number()
          .min(0)
          .describe('time that the rollout took so far, as a multiple of `seconds`; absent while that is short')
          .exactOptional(),
      })
      .readonly(),
    warnings: z
      .array(checkWarning)
      .readonly()
      .describe(
        'in the answer to a start only: subscriptions that have, or will have by these clients, almost no room for role assignments. Absent if there are none',
      )
      .exactOptional(),
  })
  .readonly()
  .describe('A rollout. Times are ISO 8601, UTC.');
/** A rollout as `GET /api/rollouts/{id}` returns it. */
export type Rollout = z.infer<typeof rollout>;

export const rolloutPage = z
  .object({
    rollouts: z.array(rollout).readonly(),
    continuation: z.string().describe('for the next page; absent on the last').exactOptional(),
  })
  .readonly()
  .describe('A page of rollouts, newest first.');
export type RolloutPage = z.infer<typeof rolloutPage>;

export const rowReason = z
  .object({
    code: z.string(),
    field: z.string().describe('the field of the row that has the problem').exactOptional(),
    message: z.string(),
    fix: z.string().describe('the command, setting or field that fixes it'),
    unknown: z.literal(true).describe('true if something could not be read').exactOptional(),
  })
  .readonly()
  .describe('A problem that a row would meet.');
/** A problem that a row of a dry run would meet, with its fix. */
export type RowReason = z.infer<typeof rowReason>;

export const rolloutClient = z
  .object({
    row: z.int().min(1).describe('position among the clients of the rollout, from 1'),
    registry: z.string(),
    connectedRegistry: z.string(),
    client: z.string(),
    state: z.enum(ROLLOUT_ROW_STATES),
    operation: z.string().describe('its last operation').exactOptional(),
    startedAt: instant.describe('when that operation was started').exactOptional(),
    code: z
      .string()
      .describe(
        'why it failed: a failure code of an operation, or `client-busy`, `outcome-unknown`, `findings`, `problems`',
      )
      .exactOptional(),
    retries: z.int().min(1).describe('how often operators had it tried again; absent if never').exactOptional(),
    writes: z.array(z.string()).readonly().describe('of a dry run: what would be written, in order').exactOptional(),
    problems: z
      .array(z.string())
      .readonly()
      .describe('of a dry run: codes of the problems that it would meet')
      .exactOptional(),
    reasons: z
      .array(rowReason)
      .readonly()
      .describe(
        'of a dry run: the same problems with message and fix. If very many rows are refused, some have the codes only; of each code at least one row has them. Long messages end with `…`, and the last reason of a row counts those that have no room',
      )
      .exactOptional(),
    adopts: z
      .object({
        token: z.string(),
        slot: z.enum(SLOT_NAMES),
        keepsScopeMap: z.boolean(),
        working: z
          .array(z.enum(SLOT_NAMES))
          .readonly()
          .describe(
            'slots whose passwords of others keep working until they are removed by hand; absent if there are none',
          )
          .exactOptional(),
      })
      .readonly()
      .describe('of a dry run: the token of others that it would adopt, and the slot of it that it would fill')
      .exactOptional(),
  })
  .readonly()
  .describe('One client of a rollout.');
export type RolloutClient = z.infer<typeof rolloutClient>;

export const rolloutClientPage = z
  .object({
    clients: z.array(rolloutClient).readonly(),
    continuation: z.string().describe('for the next page; absent on the last').exactOptional(),
  })
  .readonly()
  .describe('A page of the clients of a rollout, in the order of the request.');
export type RolloutClientPage = z.infer<typeof rolloutClientPage>;
