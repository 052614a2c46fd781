import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { EventSubscription } from './operator.js';
import type { Stack } from './stack.js';

/** A Functions host that somebody else starts. */
export interface ExternalHost {
  /**
   * JSON file with its keys, which may be written only when it starts. Without one the host asks for no keys, as Core
   * Tools' `func start` does.
   */
  keysFile?: string;
}

const hostKeys = z.object({ function: z.string().min(1), eventGrid: z.string().min(1) });
export type HostKeys = z.infer<typeof hostKeys>;

const NO_KEYS: HostKeys = { function: '', eventGrid: '' };

/** The Event Grid trigger of the app that takes onboarding requests, and the type of event that it takes. */
const REQUEST_FUNCTION = 'clientRequested';
const REQUEST_EVENT = 'ConnectedRegistry.ClientRequested';

/** Milliseconds between two looks for a host that is not there yet. */
const POLL = 300;

/** The keys in a host's file; undefined while there is none, or only a part of one. */
export function readHostKeys(file: string): HostKeys | undefined {
  try {
    return hostKeys.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Onboarding requests, delivered to the Event Grid extension's webhook with the extension's system key. */
export function requestSubscription(functionsUrl: string, keys: HostKeys): EventSubscription {
  const code = keys.eventGrid === '' ? '' : `&code=${encodeURIComponent(keys.eventGrid)}`;
  return {
    topic: 'requests',
    name: 'functions',
    webhook: `${functionsUrl}/runtime/webhooks/EventGrid?functionName=${REQUEST_FUNCTION}${code}`,
    schema: 'CloudEventSchemaV1_0',
    eventTypes: [REQUEST_EVENT],
  };
}

/**
 * Waits for a host that is started by somebody else: publishes its key once it is written, then tries the handshake of
 * the subscription until the host answers it.
 *
 * @throws when the stack is stopped before.
 */
export async function connectExternalHost(
  stack: Stack,
  { keysFile }: ExternalHost,
  report: (line: string) => void,
): Promise<void> {
  const { operator } = stack.controlPlane;
  const { functionsUrl } = stack.ground.places;
  let published = stack.endpoints.functions.key;
  for (;;) {
    stack.stopping.throwIfAborted();
    const keys = keysFile === undefined ? NO_KEYS : readHostKeys(keysFile);
    if (keys) {
      if (keys.function !== published) stack.publish(keys.function);
      published = keys.function;
      if (await takesEvents(() => operator.subscribe(requestSubscription(functionsUrl, keys)))) break;
    }
    await sleep(POLL, undefined, { signal: stack.stopping });
  }
  report(`events are delivered to the functions host at ${functionsUrl}`);
}

/** While nothing listens, or the app is not loaded, the control plane refuses the subscription. */
async function takesEvents(subscribe: () => Promise<void>): Promise<boolean> {
  try {
    await subscribe();
    return true;
  } catch {
    return false;
  }
}
