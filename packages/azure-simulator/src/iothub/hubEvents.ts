import { randomUUID } from 'node:crypto';
import { hubId } from '../arm/ids.js';
import type { GridEvent } from '../eventgrid/events.js';
import type { Plane } from '../plane.js';
import type { HubIdentity } from './hubState.js';
import { twinBody } from './twinBody.js';

/** Publishes an event that a device or module was created or deleted (Azure docs: event-schema-iot-hub). */
export function publishLifecycleEvent(plane: Plane, identity: HubIdentity, what: 'Created' | 'Deleted'): void {
  publish(plane, identity, `Microsoft.Devices.Device${what}`, { twin: eventTwin(plane, identity) });
}

/**
 * Publishes an event that a device or module connected or disconnected. Rising sequence numbers are the only order of
 * these events (Azure docs: iot-hub-how-to-order-connection-state-events).
 */
export function publishConnectionEvent(
  plane: Plane,
  change: { identity: HubIdentity; isConnected: boolean; sequence: number },
): void {
  const { identity, isConnected, sequence } = change;
  publish(plane, identity, `Microsoft.Devices.Device${isConnected ? 'Connected' : 'Disconnected'}`, {
    deviceConnectionStateEventInfo: { sequenceNumber: sequence.toString(16).toUpperCase().padStart(40, '0') },
  });
}

function publish(plane: Plane, identity: HubIdentity, eventType: string, data: Record<string, unknown>): void {
  const { deviceId, moduleId } = identity;
  const about = { hubName: plane.hub.state.name, deviceId, ...(moduleId === undefined ? {} : { moduleId }) };
  const event: GridEvent = {
    id: randomUUID(),
    subject: moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`,
    eventType,
    eventTime: plane.clock.now().toISOString(),
    dataVersion: '1',
    data: { ...data, ...about },
  };
  plane.broker.publish([hubId(plane.arm, plane.hub.state.name)], [{ schema: 'EventGridSchema', event }]);
}

/** The twin in events, as documented: without tags and capabilities, and with times without a zone. */
function eventTwin(plane: Plane, identity: HubIdentity): unknown {
  const { tags: _tags, capabilities: _capabilities, modelId: _modelId, ...twin } = twinBody(plane.hub, identity);
  const withoutZone = (time: string): string => time.replace(/Z$/, '');
  return {
    ...twin,
    statusUpdateTime: withoutZone(twin.statusUpdateTime),
    lastActivityTime: withoutZone(twin.lastActivityTime),
  };
}
