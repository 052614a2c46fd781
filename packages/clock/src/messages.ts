/** Messages between the clock's server and the processes that follow it. */
import { z } from 'zod';

export const clockModes = ['real', 'scaled', 'jumping'] as const;
export type ClockMode = (typeof clockModes)[number];

const timeline = z.object({ real: z.number(), now: z.number(), scale: z.number().positive() });

/** A line of `GET /clock/follow`. The process answers each with a registration that has its number. */
export const clockMessage = z.discriminatedUnion('kind', [
  /** The time has changed. With `hold` no timer may run before `release`. */
  z.object({ kind: z.literal('time'), number: z.int(), timeline, hold: z.boolean() }),
  z.object({ kind: z.literal('release'), number: z.int() }),
  /** Asks whether the process is idle. It answers once it is. */
  z.object({ kind: z.literal('ask'), number: z.int() }),
]);
export type ClockMessage = z.infer<typeof clockMessage>;

/** `POST /clock/processes`. */
export const registration = z.strictObject({
  name: z.string().min(1).max(64),
  /** True if no work is in progress. */
  idle: z.boolean(),
  /** When this process has its next timer (ISO 8601); null if it has none. */
  nextDue: z.iso.datetime({ offset: true }).nullable(),
  /** Number of starts and ends of work so far. Equal numbers mean that nothing has happened in between. */
  seen: z.int().optional(),
  /** The number of the message that this answers. */
  answers: z.int().optional(),
});
export type ClockRegistration = z.infer<typeof registration>;
