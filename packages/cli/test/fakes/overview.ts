import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { ROLLOUT } from './answers.js';

/** The fleet in numbers, with one connected registry below another. */
export const OVERVIEW: Overview = {
  asOf: '2026-11-30T11:00:00.000Z',
  ageSeconds: 75,
  inventory: 'v1',
  inventoryPages: ['W/"v1"'],
  problems: [],
  clients: {
    total: 12,
    byState: { orphaned: 0, revoked: 1, expired: 0, unbound: 0, drifted: 2, changing: 0, expiring: 0, ok: 9 },
    expiring: { within7Days: 1, within14Days: 3, within30Days: 4 },
    rotationDue: 5,
  },
  runs: {
    asOf: '2026-11-30T11:01:10.000Z',
    ageSeconds: 5,
    inProgress: { onboard: 3, offboard: 0, rotate: 0, revoke: 0, check: 1 },
    failures: { since: '2026-11-29T11:01:10.000Z', total: 2, byCode: { 'pull-check-deadline': 2 } },
  },
  rollouts: [ROLLOUT],
  connectedRegistries: [
    {
      registry: 'myregistry',
      name: 'line3',
      parent: 'plant7registry',
      path: ['plant7registry', 'line3'],
      connectionState: 'Offline',
      clients: 4,
      cap: 50,
    },
  ],
  freezes: [],
};
