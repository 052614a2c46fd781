import type { View } from '../layout/view.js';
import { clientsView } from './clients/clients.js';
import { overviewView } from './overview/overview.js';
import { rolloutView } from './rollouts/rolloutDetail.js';
import { rolloutsView } from './rollouts/rollouts.js';

/** Every view, in the order of the navigation. */
export const views: readonly View[] = [overviewView, clientsView, rolloutsView, rolloutView];
