import type { InventoryPage, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { inventoryQuery } from '@connected-registry/protocol/requests/inventoryQuery';
import { answer, notModified, problemAnswers } from './answers.js';
import { OPERATION_ID } from './examples.js';
import { CLIENT } from './inventoryExamples.js';
import { BY_OPERATORS, parametersOf } from './parameters.js';
import { PAGE as ROLLOUTS } from './rolloutExamples.js';

const { key, registry, connectedRegistry, client, state, slot, issuedAt, expiresOn } = CLIENT;
const READ_AT = '2026-03-08T09:14:00.000Z';

const OVERVIEW: Overview = {
  asOf: READ_AT,
  ageSeconds: 12,
  inventory: 'w3Zk0Jt4bVYcS8l1Qn5RrD2mXa0',
  inventoryPages: ['W/"b0Xq7Rf2tNcVhY5kLw9sAe3JmUo"'],
  problems: [],
  clients: {
    total: 1,
    byState: { orphaned: 0, revoked: 0, expired: 0, unbound: 0, drifted: 0, changing: 0, expiring: 0, ok: 1 },
    expiring: { within7Days: 0, within14Days: 0, within30Days: 0 },
    rotationDue: 0,
  },
  runs: {
    asOf: '2026-03-08T09:14:05.000Z',
    ageSeconds: 7,
    inProgress: { onboard: 3, offboard: 0, rotate: 0, revoke: 0, check: 0 },
    failures: { since: '2026-03-07T09:14:05.000Z', total: 1, byCode: { 'pull-check-deadline': 1 } },
  },
  rollouts: ROLLOUTS.rollouts,
  connectedRegistries: [
    {
      registry,
      name: connectedRegistry,
      path: [connectedRegistry],
      mode: 'ReadOnly',
      connectionState: 'Online',
      activation: 'Active',
      loginServer: 'myconnectedregistry.example:8000',
      schedule: '* * * * *',
      lastSync: '2026-03-08T09:13:01.000Z',
      nextSync: '2026-03-08T09:15:00.000Z',
      clients: 1,
      cap: 50,
      repositories: ['hello-world'],
      repositoryCount: 1,
    },
  ],
  freezes: [{ from: '2026-03-13T17:00:00.000Z', until: '2026-03-16T07:00:00.000Z' }],
};

const INVENTORY: InventoryPage = {
  asOf: READ_AT,
  total: 1,
  clients: [
    {
      key,
      registry,
      connectedRegistry,
      client,
      state,
      differences: [],
      slot,
      issuedAt,
      verifiedAt: '2026-03-01T12:00:06.000Z',
      expiresOn,
      rotationDueAt: '2026-05-03T14:20:11.000Z',
      lastRun: {
        operation: OPERATION_ID,
        kind: 'onboard',
        status: 'completed',
        startedAt: '2026-03-01T12:00:00.000Z',
        endedAt: '2026-03-01T12:00:07.000Z',
      },
    },
  ],
};

const SHARED =
  'From a snapshot that all requests to this instance of the app share: clients and connected registries are read at most once in `INVENTORY_CACHE_SECONDS`, runs and rollouts every ten seconds, and only if somebody asks. While the next reading lasts, or if it fails, the answer is the one before with its age.';

/** The routes that answer from the snapshot of the fleet. */
export const fleetPaths = {
  '/overview': {
    get: {
      operationId: 'getOverview',
      tags: ['inventory'],
      summary: 'Shows the fleet in numbers',
      description: SHARED,
      responses: {
        '200': answer('The fleet.', 'Overview', { fleet: OVERVIEW }, ['ETag', 'Age']),
        ...notModified(['Age']),
        ...BY_OPERATORS,
        ...problemAnswers(['service-error', 'inventory-not-ready', 'unavailable']),
      },
    },
  },
  '/inventory': {
    get: {
      operationId: 'getInventory',
      tags: ['inventory'],
      summary: 'Lists all clients that have a credential, in brief',
      description: `${SHARED} The ETag is that of the rows alone. Rows are ordered by key, so a continuation stays valid while clients come and go.`,
      parameters: parametersOf(inventoryQuery),
      responses: {
        '200': answer('A page of clients.', 'InventoryPage', { page: INVENTORY }, ['ETag', 'Age']),
        ...notModified(['Age']),
        ...BY_OPERATORS,
        ...problemAnswers(['invalid-request', 'service-error', 'inventory-not-ready', 'unavailable']),
      },
    },
  },
};
