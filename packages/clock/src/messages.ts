/** What the clock's server and the processes that follow it say to each other. */
import { z } from 'zod';

export const clockModes = ['real', 'scaled', 'jumping'] as const;
export type ClockMode = (typeof clockModes)[number];

const timeline = z.object({ real: z.number(), now: z.number(), scale: z.number().positive() });

/** A line of `GET /clock/follow`. */
export const clockNews = z.discriminatedUnion('tell', [
  /** The time has changed. With `hold` no timer may run before `release`; both are acknowledged by their number. */
  z.object({ tell: z.literal('time'), number: z.int(), timeline, hold: z.boolean() }),
  z.object({ tell: z.literal('release'), number: z.int() }),
  /** To be answered with a registration once there is nothing to do. */
  z.object({ tell: z.literal('ask'), number: z.int() }),
]);
export type ClockNews = z.infer<typeof clockNews>;

/** `POST /clock/processes`. */
export const registration = z.strictObject({
  name: z.string().min(1).max(64),
  /** Nothing is being worked on. */
  idle: z.boolean(),
  /** When this process has something to do next (ISO 8601), null when nothing is planned. */
  nextDue: z.iso.datetime({ offset: true }).nullable(),
  /** How many things it has begun and ended so far; equal numbers mean that nothing has happened in between. */
  seen: z.int().optional(),
  /** The number of the line that this answers. */
  answers: z.int().optional(),
});
export type ClockRegistration = z.infer<typeof registration>;
