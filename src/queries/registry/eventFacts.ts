import type { Ports } from '../../ports/ports.js';

/** Facts that event triggers need before they start a run. All methods throw ServiceError. */
export function createEventFacts({
  controlPlane,
  vaults,
  hubs,
  self,
}: Pick<Ports, 'controlPlane' | 'vaults' | 'hubs' | 'self'>) {
  return {
    hasDevice: (hub: string, device: string) => hubs.hasDevice(hub, device),
    connectedRegistry: (registry: string, name: string) => controlPlane.getConnectedRegistry(registry, name),
    /** Reads the newest version of a secret, without its value. */
    secret: (vaultHost: string, name: string) => vaults.of(vaultHost).current(name),
    ownNames: () => self.names(),
  };
}
export type EventFacts = ReturnType<typeof createEventFacts>;
