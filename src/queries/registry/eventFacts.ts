import type { Ports } from '../../ports/ports.js';

/** Facts that event triggers need before they start a run. All methods throw ServiceError. */
export function createEventFacts({
  controlPlane,
  vault,
  hubs,
  self,
}: Pick<Ports, 'controlPlane' | 'vault' | 'hubs' | 'self'>) {
  return {
    hasDevice: (hub: string, device: string) => hubs.hasDevice(hub, device),
    connectedRegistry: (registry: string, name: string) => controlPlane.getConnectedRegistry(registry, name),
    /** Reads the newest version of a secret, without its value. */
    secret: (name: string) => vault.current(name),
    ownNames: () => self.names(),
  };
}
export type EventFacts = ReturnType<typeof createEventFacts>;
