/** Functions and values that several tests of the engine share. */
import type { TestApp } from '../engineUnderTest.js';

/** `say` greets its input; `fail` throws an error whose message is its input. */
export const activities = {
  say: (name) => `hello ${String(name)}`,
  fail: (message) => {
    throw new Error(String(message));
  },
} satisfies TestApp['activities'];

export const secondsAfter = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);

/** The id of an entity, as durable-functions writes it. */
export const entityId = (name: string, key: string): object => ({ name, key });
