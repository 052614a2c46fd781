import { setTimeout as sleep } from 'node:timers/promises';
import type { EventSubscription } from './operator.js';
import type { Stack } from './stack.js';
import { topicId, type World } from './world.js';

/** Milliseconds between two looks for an agent that is not there yet. */
const POLL = 300;

/** The signal topic's events, delivered to a device agent's webhook. */
export function agentSubscription(world: World, webhook: string): EventSubscription {
  return { source: topicId(world, 'signals'), name: 'device', webhook, schema: 'CloudEventSchemaV1_0' };
}

/**
 * Waits for a device agent that is started by hand: tries the subscription's handshake until the agent answers it.
 *
 * @throws when the stack is stopped before.
 */
export async function connectExternalAgent(stack: Stack, report: (line: string) => void): Promise<void> {
  const { operator, world } = stack.controlPlane;
  const webhook = `http://localhost:${stack.ground.ports.device}/events`;
  for (;;) {
    stack.stopping.throwIfAborted();
    try {
      await operator.subscribe(agentSubscription(world, webhook));
      break;
    } catch {
      // Nothing answers there yet, so the control plane refuses the subscription.
      await sleep(POLL, undefined, { signal: stack.stopping });
    }
  }
  report(`pull checks are asked of the device agent at ${webhook}`);
}
