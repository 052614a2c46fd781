/**
 * The functions for events of Azure services, over a fake engine and a world with two profiles: for a hub, and for new
 * connected registries.
 */
import { vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { onConnectedRegistryWritten } from '../../../../src/triggers/eventGrid/connectedRegistryWritten.js';
import { onDeviceChanged } from '../../../../src/triggers/eventGrid/deviceChanged.js';
import { onSecretExpiring } from '../../../../src/triggers/eventGrid/secretExpiring.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import { ONBOARD_PROFILE, type ProfileOutcome } from '../../../../src/domain/profiles/onboardProfile.js';
import { onboardProfile } from '../../../../src/orchestrations/onboardProfile.js';
import type { Runs } from '../../../../src/ports/runs.js';
import { durableRuns } from '../../../../src/triggers/durable/durableRuns.js';
import { NO_LIMIT } from '../../fakes/services/runs.js';
import { runFlow } from '../../fakes/worlds/runFlow.js';
import { FakeDurableClient, invocation } from '../../fakes/durable/durableClient.js';
import { CONNECTED_REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld } from '../../fakes/worlds/world.js';

const PROFILES = [
  {
    name: 'edge',
    match: { hub: 'plant-hub', device: 'edge-*' },
    connectedRegistry: CONNECTED_REGISTRY,
    repositories: ['hello-world'],
    channel: 'iotHub',
  },
  { name: 'new', match: { connectedRegistry: 'plant*' }, repositories: ['hello-world'], clients: ['gate', 'scan'] },
];

/** The time of every sample event, a minute before the clock of the tests. */
export const EVENT_TIME = '2026-03-01T11:59:00.438Z';

/** Needs fake timers; sets the clock to noon on 1 March 2026. */
export function createServiceEvents() {
  vi.setSystemTime(new Date('2026-03-01T12:00:00.000Z'));
  const world = createWorld({ PROFILES: JSON.stringify(PROFILES), IOT_HUBS: 'plant-hub.azure-devices.net' });
  const engine = new FakeDurableClient();
  const functions = {
    device: onDeviceChanged(world.config, world.queries),
    written: onConnectedRegistryWritten(world.config, world.queries),
    secret: onSecretExpiring(world.config, world.queries),
  };

  /** Hands an event to a function; gives `taken` or the error, and the last line of the log. */
  async function deliver(name: keyof typeof functions, event: unknown) {
    const { context, lines } = invocation();
    const work = functions[name](event, engine.client, context).then(
      () => 'taken',
      (error: unknown) => String(error),
    );
    const outcome = await whileTimePasses(work);
    const last = lines.at(-1);
    return { outcome, level: last?.level, logged: JSON.parse(last?.text ?? '{}') as Record<string, unknown>, lines };
  }

  /** Runs the orchestrations that start the clients of a profile, and have not ended. @returns their outcomes */
  async function startProfiles(): Promise<ProfileOutcome[]> {
    const activities: Readonly<Record<string, (input: never, runs: Runs) => Promise<unknown>>> = createRunActivities(
      world.queries,
      world.config,
      NO_LIMIT,
    );
    const outcomes: ProfileOutcome[] = [];
    for (const instance of engine.instances.values()) {
      if (instance.name !== ONBOARD_PROFILE || instance.runtimeStatus !== 'Pending') continue;
      const answer = (name: string, { input }: { readonly input?: unknown }) =>
        activities[name]?.(input as never, durableRuns(engine.client));
      const flow = { world: { followsDate: true, answer }, flow: onboardProfile, input: instance.input };
      const { outcome } = await runFlow(flow);
      if (outcome) outcomes.push(outcome);
      instance.runtimeStatus = 'Completed';
    }
    return outcomes;
  }

  /** The input of the client's run. */
  const inputOf = (client: string, connectedRegistry: string = CONNECTED_REGISTRY) =>
    engine.instances.get(clientKey({ registry: 'myregistry', connectedRegistry, client }))?.input;

  return { world, engine, deliver, startProfiles, inputOf };
}

export type ServiceEvents = ReturnType<typeof createServiceEvents>;
