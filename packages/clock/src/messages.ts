/** Messages between the clock's server and the processes that follow it. */
import { z } from 'zod';

export const clockModes = ['real', 'scaled', 'jumping'] as const;
export type ClockMode = (typeof clockModes)[number];

const timeline = z.object({ real: z.number(), now: z.number(), scale: z.number().positive() });

/** A line of `GET /clock/follow`. */
export const clockNews = z.discriminatedUnion('tell', [
  /** The time has changed. With `hold` no timer may run before `release`. Both are acknowledged by their number. */
  z.object({ tell: z.literal('time'), number: z.int(), timeline, hold: z.boolean() }),
  z.object({ tell: z.literal('release'), number: z.int() }),
  /** To be answered with a registration once the process is idle. */
  z.object({ tell: z.literal('ask'), number: z.int() }),
]);
export type ClockNews = z.infer<typeof clockNews>;

/** `POST /clock/processes`. */
export const registration = z.strictObject({
  name: z.string().min(1).max(64),
  /** Whether nothing is in progress. */
  idle: z.boolean(),
  /** When this process is next due (ISO 8601); null if nothing is planned. */
  nextDue: z.iso.datetime({ offset: true }).nullable(),
  /** Number of things that it has started and ended so far. Equal numbers mean that nothing has happened in between. */
  seen: z.int().optional(),
  /** The number of the line that this answers. */
  answers: z.int().optional(),
});
export type ClockRegistration = z.infer<typeof registration>;
