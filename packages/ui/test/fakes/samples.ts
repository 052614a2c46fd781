import type { FleetConnectedRegistry, InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';

/** A client that is as it should be. */
export const ROW: InventoryRow = {
  key: 'myregistry-plant-1-sensor-1',
  registry: 'myregistry',
  connectedRegistry: 'plant-1',
  client: 'sensor-1',
  state: 'ok',
  differences: [],
  slot: 'password1',
  issuedAt: '2026-01-01T00:00:00.000Z',
  verifiedAt: '2026-01-01T00:01:00.000Z',
  expiresOn: '2026-04-01T00:00:00.000Z',
  rotationDueAt: '2026-03-02T00:00:00.000Z',
};

/** A rollout in its second of three waves. */
export const ROLLOUT: Rollout = {
  id: 'r1',
  kind: 'rotate',
  status: 'running',
  dryRun: false,
  requestedBy: 'function-key',
  requestedAt: '2026-03-01T12:00:00.000Z',
  rows: 25,
  counts: { waiting: 13, running: 2, completed: 8, failed: 1, cancelled: 1, planned: 0 },
  failures: { 'pull-check-deadline': 1 },
  wave: { current: 2, of: 3, rows: 12, first: 5, size: 12 },
  writes: { needed: 25, done: 9 },
  floor: { seconds: 0 },
};

export const CONNECTED_REGISTRY: FleetConnectedRegistry = {
  registry: 'myregistry',
  name: 'plant-1',
  path: ['plant-1'],
  connectionState: 'Online',
  activation: 'Active',
  clients: 10,
  cap: 50,
};
