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
    deadline: instant.describe('from then on it takes priority'),
    state: z
      .enum(['waiting', 'due', 'late', 'deferred'])
      .describe('`due`: in the next sweep; `late`: due and past its deadline; `deferred`: due, but see `deferred`'),
    deferred: z
      .object({
        reason: z
          .enum(['freeze', 'sync', 'offline'])
          .describe('a freeze window, a next sync that is far away, or a connected registry that has missed syncs'),
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
    markedAt: instant.describe('an event announced its expiry').exactOptional(),
    retryAt: instant.describe('the last rotation failed and is retried then').exactOptional(),
    revokes: z
      .object({ slot: z.enum(SLOT_NAMES), from: instant })
      .readonly()
      .describe('the previous password, and when it is revoked; earlier if the device acknowledges')
      .exactOptional(),
  })
  .readonly()
  .describe("One client's place in the schedule.");
export type ScheduledRotation = z.infer<typeof scheduledRotation>;

export const rotationScheduleAnswer = z
  .object({
    clients: z.array(scheduledRotation).readonly().describe('what is due first comes first'),
    total: z.int().min(0).describe('total number of clients; greater than the length of the list if `top` is smaller'),
  })
  .readonly()
  .describe('When clients are due.');
export type RotationScheduleAnswer = z.infer<typeof rotationScheduleAnswer>;
