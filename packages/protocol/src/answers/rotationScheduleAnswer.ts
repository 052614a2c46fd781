import { z } from 'zod';
import { SLOT_NAMES } from '../registry/slots.js';

/* Schema of the answer of `GET /api/rotations/schedule`. Import types only (see answers.ts). */

/** Facts about a connected registry's sync that may be unknown. */
const UNKNOWN_SYNC = ['connectedRegistry', 'schedule', 'lastSync', 'syncToken'] as const;
export type UnknownSync = (typeof UNKNOWN_SYNC)[number];

const instant = z.iso.datetime();

export const scheduledRotation = z
  .object({
    registry: z.string(),
    connectedRegistry: z.string(),
    client: z.string(),
    slot: z.enum(SLOT_NAMES).describe('the password in use'),
    expiresOn: instant,
    dueAt: instant.describe('when a sweep rotates it, spread included'),
    deadline: instant.describe('from then on it goes before others'),
    state: z
      .enum(['waiting', 'due', 'late', 'deferred'])
      .describe('`due`: with the next sweep; `late`: so, and past its deadline; `deferred`: due, but see `deferred`'),
    deferred: z
      .object({
        reason: z
          .enum(['freeze', 'sync', 'offline'])
          .describe('a freeze window; its next sync is far; or its connected registry has not synced as it should'),
        until: instant.exactOptional(),
      })
      .readonly()
      .exactOptional(),
    unknown: z
      .array(z.enum(UNKNOWN_SYNC))
      .readonly()
      .describe(
        'what nobody can tell of its connected registry, so that `state` counts without it: that it is there; how often it syncs, what it syncs through included; when it did last; or the token that it syncs by, as with a managed identity. Absent where all is known',
      )
      .exactOptional(),
    markedAt: instant.describe('an event said that it nears its end').exactOptional(),
    retryAt: instant.describe('the last rotation failed, and is tried again then').exactOptional(),
    revokes: z
      .object({ slot: z.enum(SLOT_NAMES), from: instant })
      .readonly()
      .describe('the password before, and from when it goes; sooner when the device acknowledges')
      .exactOptional(),
  })
  .readonly()
  .describe("One client's place in the schedule.");
export type ScheduledRotation = z.infer<typeof scheduledRotation>;

export const rotationScheduleAnswer = z
  .object({
    clients: z.array(scheduledRotation).readonly().describe('what is due first comes first'),
    total: z.int().min(0).describe('clients in all; more than are listed when `top` is less'),
  })
  .readonly()
  .describe('What is due when.');
export type RotationScheduleAnswer = z.infer<typeof rotationScheduleAnswer>;
