import type { ClientAnswer } from '@connected-registry/protocol/answers/clientAnswers';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { useEffect } from 'preact/hooks';
import type { Answer, Api } from '../../data/api.js';
import { unlessNoClient } from '../../data/noClient.js';
import type { Polling } from '../../data/polled.js';
import { useInventory } from '../../layout/fleet.js';
import { useServices } from '../../layout/services.js';
import { pathTo } from '../../routing/address.js';

/**
 * Longest time a client stays as it was read while its view is open, in milliseconds: a timer takes no more than 24
 * days.
 */
const A_DAY = 86_400_000;

/** A client that the app does not know: without credential, join token, device keys and poller. */
export interface UnknownClient {
  readonly state: 'not found';
}

/** What the app says of a client. */
export type KnownClient = ClientAnswer | UnknownClient;

/**
 * Reads a client. One that the app does not know, such as the client of a first onboarding that failed, is no fault.
 *
 * @throws {FaultError}
 */
export function readClient(api: Pick<Api, 'read'>, key: string): Promise<Answer<KnownClient>> {
  return unlessNoClient<ClientAnswer, UnknownClient>(api.read<ClientAnswer>(pathTo('clients', key)), {
    state: 'not found',
  });
}

/** A client as its view shows it. */
export interface ClientReading {
  /**
   * Its row of the inventory, which costs no request; absent if it has no credential, or while the inventory is being
   * read.
   */
  readonly row?: InventoryRow;
  readonly client: Polling<KnownClient>;
  /** Reads it again. */
  readonly refresh: () => void;
}

/**
 * Reads a client once, and again when its row of the inventory changes, appears or disappears: each time costs reads at
 * Azure Resource Manager. The inventory comes first, so that its row is known by then and is no change.
 */
export function useClient(key: string): ClientReading {
  const { api, polls } = useServices();
  const inventory = useInventory();
  const row = inventory.value?.find((one) => one.key === key);
  const mark = inventory.value === undefined ? undefined : JSON.stringify(row ?? 'no row');
  const isReady = inventory.value !== undefined || inventory.fault !== undefined;
  const polled = polls.of<KnownClient>(`client ${key}`, A_DAY, () => readClient(api, key));
  useEffect(() => (isReady ? polled.watch() : undefined), [polled, isReady]);
  useEffect(() => {
    if (mark !== undefined) polled.refreshFor(mark);
  }, [polled, mark]);
  return { ...(row === undefined ? {} : { row }), client: polled.state.value, refresh: () => polled.refresh() };
}
