import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TestStack } from './testStack.js';

const event = z.object({ EventType: z.string(), Timestamp: z.coerce.date(), FireAt: z.coerce.date().optional() });
const keys = z.object({ durable: z.string() });

/**
 * The history of a client's run, by the engine's own interface (Azure docs: durable-functions-http-api, get instance
 * status).
 */
export async function historyOf({ stack }: TestStack, instance: string): Promise<z.infer<typeof event>[]> {
  const { durable } = keys.parse(JSON.parse(readFileSync(join(stack.ground.dataFolder, 'host', 'keys.json'), 'utf8')));
  const url = `${stack.endpoints.functions.url}/runtime/webhooks/durabletask/instances/${instance}?code=${durable}&showHistory=true`;
  const answer = await (await fetch(url)).json();
  return z.object({ historyEvents: z.array(event) }).parse(answer).historyEvents;
}

/** The durable timers that a client's run has made so far, in order. */
export async function timersOf(stack: TestStack, instance: string): Promise<z.infer<typeof event>[]> {
  return (await historyOf(stack, instance)).filter(({ EventType }) => EventType === 'TimerCreated');
}
