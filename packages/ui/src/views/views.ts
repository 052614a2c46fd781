import type { View } from '../layout/view.js';
import { rolloutsView } from './rollouts/rollouts.js';

/** Every view, in the order of the navigation. */
export const views: readonly View[] = [rolloutsView];
