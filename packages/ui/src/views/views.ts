import type { View } from '../layout/view.js';
import { clientView } from './client/client.js';
import { clientsView } from './clients/clients.js';
import { operationView } from './operations/operation.js';
import { operationsView } from './operations/operations.js';
import { overviewView } from './overview/overview.js';
import { registriesView, registryView } from './registries/registryMap.js';
import { rolloutView } from './rollouts/rolloutDetail.js';
import { rolloutsView } from './rollouts/rollouts.js';
import { scheduleView } from './schedule/schedule.js';

/** Every view, in the order of the navigation. */
export const views: readonly View[] = [
  overviewView,
  clientsView,
  clientView,
  rolloutsView,
  rolloutView,
  operationsView,
  operationView,
  scheduleView,
  registriesView,
  registryView,
];
