import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { useEffect } from 'preact/hooks';
import type { Inventory } from '../data/inventory.js';
import type { Polling } from '../data/polled.js';
import { EVERY, usePolled, useServices } from './services.js';

/** The fleet in numbers. */
export function useOverview(): Polling<Overview> {
  return usePolled<Overview>('overview', {}, EVERY.live);
}

/** Milliseconds after which the inventory is asked for although the overview has not said that it changed. */
const AT_LATEST = 600_000;

/** All clients in brief: asked for again only when the overview says that they have changed. */
export function useInventory(): Polling<Inventory> {
  const { polls, inventory } = useServices();
  const overview = useOverview();
  const polled = polls.of<Inventory>('inventory', AT_LATEST, inventory.read);
  useEffect(() => polled.watch(), [polled]);
  const mark = overview.value?.inventory;
  useEffect(() => inventory.follow(polled, overview), [polled, mark]);
  return polled.state.value;
}
