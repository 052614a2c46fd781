import { setTimeout as sleep } from 'node:timers/promises';
import { Handshake } from './handshake.js';
import type { EventSubscription } from '../operator/operator.js';
import type { Stack } from '../stack.js';
import { topicId, type World } from '../world.js';

/** Milliseconds between two attempts while the agent is not running. */
const POLL = 300;

/** Delivers the signal topic's events to a device agent's webhook. */
export function agentSubscription(world: World, webhook: string): EventSubscription {
  return { source: topicId(world, 'signals'), name: 'device', webhook, schema: 'CloudEventSchemaV1_0' };
}

/**
 * Waits for a device agent that is started by hand: repeats the subscription's handshake until the agent answers.
 *
 * @throws if the stack is stopped first, or the subscription is refused for good
 */
export async function connectExternalAgent(stack: Stack, report: (line: string) => void): Promise<void> {
  const { operator, world } = stack.controlPlane;
  const webhook = `http://localhost:${stack.ground.ports.device}/events`;
  const handshake = new Handshake((error) => report(`the device agent gets no events yet: ${String(error)}`));
  for (;;) {
    stack.stopping.throwIfAborted();
    if (await handshake.isAnswered(() => operator.subscribe(agentSubscription(world, webhook)))) break;
    await sleep(POLL, undefined, { signal: stack.stopping });
  }
  report(`pull checks are asked of the device agent at ${webhook}`);
}
